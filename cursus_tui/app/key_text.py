"""The key documentation, generated: for ``cursus-tui keys`` and for the help on screen."""

from __future__ import annotations

from cursus_tui.app.actions import ACTIONS, Action, Scope
from cursus_tui.app.keymap import Keymap, key_label


def shown_keys(keymap: Keymap, action: Action) -> str:
    """``n F10``; ``palette`` where it has no key."""
    return " ".join(key_label(key) for key in keymap.keys.get(action.id, ())) or "palette"


def sections(keymap: Keymap) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(scope, rows of (id, keys, title)) in the order of the registry."""
    found: dict[Scope, list[tuple[str, str, str]]] = {}
    for action in ACTIONS.values():
        found.setdefault(action.scope, []).append((action.id, shown_keys(keymap, action), action.title))
    return [(scope.value, rows) for scope, rows in found.items()]


def keys_as_text(keymap: Keymap) -> str:
    """Aligned plain text, one block a scope."""
    blocks = []
    for scope, rows in sections(keymap):
        lines = [scope.capitalize()]
        lines += [f"  {keys:<14} {title}  [{action_id}]" for action_id, keys, title in rows]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def keys_as_markdown(keymap: Keymap) -> str:
    """One Markdown table a scope."""
    blocks = []
    for scope, rows in sections(keymap):
        lines = [f"### {scope.capitalize()}", "", "| keys | action | id |", "| --- | --- | --- |"]
        for action_id, keys, title in rows:
            cells = " ".join(f"`{key}`" for key in keys.split(" ")).replace("|", "\\|")
            lines.append(f"| {cells} | {title} | `{action_id}` |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
