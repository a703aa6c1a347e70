"""Actions about values of a step."""

from __future__ import annotations

from cursus_tui.app.action import Action, Scope
from cursus_tui.app.reasons import can_open_value, can_watch, stopped_inside

VALUE_ACTIONS = (
    Action(
        "watch",
        "Watch an expression, or the value under the cursor; take a watch away",
        "watch",
        "It asks, and offers the value under the cursor. Evaluated at each stop, and kept between sessions.",
        ("w",),
        Scope.STEPPING,
        can_watch,
    ),
    Action(
        "console",
        "Evaluate on a console in the frame that is looked at",
        "console",
        "Expressions and statements of Python, with history and completion.",
        (">",),
        Scope.EVERYWHERE,
        stopped_inside,
    ),
    Action(
        "open-value",
        "Open a value or an expression of a step as a table",
        "open",
        "The one under the cursor in the Variables pane; elsewhere it asks.",
        ("enter",),
        Scope.VARIABLES,
        can_open_value,
        "variables.choose",
    ),
)
