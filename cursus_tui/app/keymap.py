"""Which key does what: the defaults of the registry, remapped by the user's settings file."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.app.actions import ACTIONS, Action, Scope
from cursus_tui.records.errors import UserError

FORBIDDEN = {
    "ctrl+a": "terminal multiplexers take it",
    "ctrl+b": "terminal multiplexers take it",
    "ctrl+s": "it stops the terminal's output",
    "ctrl+i": "it is tab",
    "ctrl+m": "it is enter",
    "ctrl+h": "it is backspace",
}
"""Keys that cannot be trusted to arrive, and why."""

_FUNCTION_KEY = re.compile(r"(?:shift\+|ctrl\+)*f\d{1,2}")
_TEXTUAL_NAMES = {"esc": "escape", " ": "space", "pgup": "pageup", "pgdn": "pagedown"}
_SIGN_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual's name of a sign is not Unicode's (``textual/keys.py``)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's settings file, as far as the screen reads it."""

    keys: Mapping[str, tuple[str, ...]]
    """Action id -> keys that replace its defaults."""
    theme: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys in force."""

    keys: Mapping[str, tuple[str, ...]]
    """Action id -> its keys, as a person writes them."""

    def label(self, action_id: str) -> str:
        """The first key of an action as shown on screen; empty where it has none."""
        keys = self.keys.get(action_id, ())
        return key_label(keys[0]) if keys else ""

    def label_in(self, action_id: str, *, stepping: bool) -> str:
        """The first key of an action that works in a pane, which may have no stepping letters; empty without one."""
        if stepping or ACTIONS[action_id].scope is not Scope.STEPPING:
            return self.label(action_id)
        return next((key_label(key) for key in self.keys.get(action_id, ()) if is_function_key(key)), "")

    def free_in_data(self, action_id: str) -> bool:
        """Whether no key of an action means something else in the data pane."""
        taken = {
            key for action in ACTIONS.values() if action.scope is Scope.DATA for key in self.keys.get(action.id, ())
        }
        return taken.isdisjoint(self.keys.get(action_id, ()))

    def bound(self) -> Iterator[tuple[Action, str, Scope]]:
        """Every (action, key in Textual's spelling, scope it works in), those that widgets bind among them."""
        for action in ACTIONS.values():
            for key in self.keys.get(action.id, ()):
                yield action, textual_key(key), key_scope(action, key)

    def of_widgets(self) -> dict[str, str]:
        """Id of a widget's binding -> its keys, for those that are not the defaults."""
        return {
            action.binding: ",".join(textual_key(key) for key in self.keys[action.id])
            for action in ACTIONS.values()
            if action.binding and self.keys[action.id] and self.keys[action.id] != action.keys
        }


def textual_key(key: str) -> str:
    """A key as a person writes it in Textual's spelling."""
    if len(key) == 1 and not key.isalnum() and key not in _TEXTUAL_NAMES:
        name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
        return _SIGN_NAMES.get(name, name)
    return _TEXTUAL_NAMES.get(key, key)


def key_label(key: str) -> str:
    """A key as the footer shows it."""
    name = {"escape": "esc", "pageup": "PgUp", "pagedown": "PgDn"}.get(key, key)
    return re.sub(r"\bf(\d)", r"F\1", name) if is_function_key(key) else name


def is_function_key(key: str) -> bool:
    """Function keys are aliases that work in every pane."""
    return bool(_FUNCTION_KEY.fullmatch(key))


def key_scope(action: Action, key: str) -> Scope:
    """Where this key of the action works."""
    return Scope.EVERYWHERE if is_function_key(key) else action.scope


def overlap(one: Scope, other: Scope) -> bool:
    """Whether a key of one scope could meet a key of the other in some pane."""
    if one is other or Scope.EVERYWHERE in (one, other):
        return True
    return Scope.DATA not in (one, other)


def build_keymap(settings: Settings | None = None) -> Keymap:
    """The registry's keys with the user's changes.

    Raises:
        UserError: An unknown id, a key that cannot arrive, or two actions on one key.
    """
    changes = settings.keys if settings else {}
    file = settings.file if settings else None
    for action_id, keys in changes.items():
        _known(action_id, file)
        if not keys and ACTIONS[action_id].binding:
            raise UserError(
                f"keys: {action_id} must keep a key", file=file, expected="a key: its pane has no other way"
            )
        for key in keys:
            _allowed(action_id, key, file)
    keymap = Keymap({action.id: changes.get(action.id, action.keys) for action in ACTIONS.values()})
    _refuse_clashes(keymap, file)
    return keymap


def _known(action_id: str, file: Path | None) -> None:
    if action_id in ACTIONS:
        return
    near = difflib.get_close_matches(action_id, ACTIONS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UserError(
        f"keys: there is no action {action_id!r}",
        file=file,
        expected="an id that `cursus-tui keys` prints",
        hint=hint + "run `cursus-tui keys`",
    )


def _allowed(action_id: str, key: str, file: Path | None) -> None:
    if key in FORBIDDEN or key.startswith("alt+"):
        why = FORBIDDEN.get(key, "terminals send it as two keys")
        raise UserError(
            f"keys: {action_id}: {key} cannot be used, {why}",
            file=file,
            expected="a letter, a sign, a function key or another ctrl+letter",
            hint="choose another key",
        )
    if not key or any(part.isspace() for part in key):
        raise UserError(
            f"keys: {action_id}: {key!r} is not a key", file=file, expected="such as n, ?, f10, ctrl+g, shift+f11"
        )


def _refuse_clashes(keymap: Keymap, file: Path | None) -> None:
    seen: dict[str, list[tuple[Action, Scope]]] = {}
    for action, key, scope in keymap.bound():
        for other, other_scope in seen.get(key, []):
            # Two widgets may have the same key: only one of them has the focus.
            apart = bool(other.binding and action.binding)
            if other is not action and not apart and overlap(scope, other_scope):
                raise UserError(
                    f"keys: {key!r} is given to both {other.id} and {action.id}",
                    file=file,
                    expected="one action for each key in a pane",
                    hint=f"give {action.id} another key, or [] for none",
                )
        seen.setdefault(key, []).append((action, scope))


def settings_file() -> Path:
    """The user's settings file; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("cursus-tui") / "config.yaml"


def load_settings(file: Path | None = None) -> Settings:
    """Read the user's settings file, if there is one.

    Raises:
        UserError: It is not YAML, or a field has the wrong shape.
    """
    import yaml

    path = file or settings_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings({})
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UserError(f"the settings file cannot be read: {reason}", file=path, hint="mend or remove it") from None
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise UserError("the settings file is not YAML", file=path, line=line, expected="a mapping") from None
    if not isinstance(found, dict):
        raise UserError("the settings file must be a mapping", file=path, expected="such as `keys: {step-over: N}`")
    return Settings(_read_keys(found.get("keys"), path), _read_theme(found.get("theme"), path), path)


def _read_keys(found: object, file: Path) -> dict[str, tuple[str, ...]]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UserError("keys: must be a mapping", file=file, expected="action id: key, or a list of keys")
    return {str(action_id): _key_list(str(action_id), keys, file) for action_id, keys in found.items()}


def _key_list(action_id: str, keys: object, file: Path) -> tuple[str, ...]:
    listed = [keys] if isinstance(keys, str | int) else keys
    if isinstance(listed, list) and all(isinstance(key, str | int) and not isinstance(key, bool) for key in listed):
        return tuple(str(key) for key in listed)
    raise UserError(
        f"keys: {action_id}: {keys!r} is not a key",
        file=file,
        expected="a key or a list of keys, in quotes",
        hint="YAML reads a bare y, n, on and off as true or false: quote them",
    )


def _read_theme(found: object, file: Path) -> str | None:
    if found is None or isinstance(found, str):
        return found
    raise UserError("theme: must be a name", file=file, expected="such as textual-dark")
