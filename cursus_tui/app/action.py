"""What an action of the screen is: its keys, its words, where it works and why it may not be done now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cursus_tui.app.situation import Situation


class Scope(StrEnum):
    """Where an action's printable keys work. Function keys work everywhere."""

    EVERYWHERE = "everywhere"
    STEPPING = "pipeline, source, call, log, variables, checks, breakpoints, stack"
    DATA = "data"
    LOG = "log"
    BREAKPOINTS = "breakpoints"
    VARIABLES = "variables"


Reason = Callable[[Situation], str | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do."""

    id: str
    """Stable; keys are remapped by it."""
    title: str
    """As in the palette: a verb and what it acts on."""
    verb: str
    """As in the footer: one or two words."""
    help: str
    """One sentence."""
    keys: tuple[str, ...] = ()
    """Default keys as a person writes them: ``n``, ``?``, ``shift+f11``. Empty: from the palette only."""
    scope: Scope = Scope.EVERYWHERE
    why_not: Reason = lambda situation: None
    """The reason why it cannot be done now; None when it can."""
    binding: str = ""
    """Id of the widget's own binding of these keys; empty where the screen binds them."""
    inside: str = ""
    """The verb while execution stands inside of a step, where the action does something else then."""

    held: str = ""
    """The verb while a step is held on what it raised, where that is another one."""

    def verb_now(self, situation: Situation) -> str:
        """The verb of the footer, as it is meant now."""
        if self.held and situation.held:
            return self.held
        return self.inside if self.inside and situation.stop is not None else self.verb
