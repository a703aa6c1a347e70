"""What each action of the registry does: plain functions over the main screen."""

from __future__ import annotations

from cursus_tui.app.commands import debugging, editing, execution, looking, points, profiling, values
from cursus_tui.app.screens.main import Verb

VERBS: dict[str, Verb] = {
    **looking.VERBS,
    **execution.VERBS,
    **points.VERBS,
    **editing.VERBS,
    **debugging.VERBS,
    **values.VERBS,
    **profiling.VERBS,
}
"""By id; there is one for every action, and no other."""
