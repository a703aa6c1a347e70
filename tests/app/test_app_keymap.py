"""Which key does what: the defaults, the user's own, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_tui.app.actions import ACTIONS, Scope
from cursus_tui.app.key_text import keys_as_markdown, keys_as_text
from cursus_tui.app.keymap import FORBIDDEN, Settings, build_keymap, key_scope, load_settings, overlap, textual_key
from cursus_tui.records.errors import UserError


def test_defaults_have_no_clash_and_no_key_that_cannot_arrive() -> None:
    for action, key, _ in build_keymap().bound():
        assert key not in FORBIDDEN
        assert not key.startswith("alt+"), action


def test_defaults_are_those_of_the_design() -> None:
    keys = {action.id: action.keys for action in ACTIONS.values()}
    assert keys["step-over"] == ("n", "f10")
    assert keys["continue"] == ("c", "f5")
    assert keys["finish"] == ("f", "shift+f11")
    assert keys["breakpoint"] == ("b", "f9")
    assert keys["help"] == ("?", "f1")
    assert keys["palette"] == (":", "ctrl+p")


def test_keys_of_later_features_are_neither_bound_nor_advertised() -> None:
    bound = {key for _, key, _ in build_keymap().bound()}
    assert not bound & {"E", "[", "]", "D", "F", "H", "I"}


def test_every_action_has_words_for_help_palette_and_footer() -> None:
    for action in ACTIONS.values():
        assert action.title
        assert action.verb
        assert action.help.endswith(".")


def test_function_keys_work_everywhere_and_letters_in_their_scope() -> None:
    step = ACTIONS["step-over"]
    assert key_scope(step, "f10") is Scope.EVERYWHERE
    assert key_scope(step, "n") is Scope.STEPPING


def test_scopes_that_never_meet_may_share_a_key() -> None:
    assert not overlap(Scope.STEPPING, Scope.DATA)
    assert overlap(Scope.STEPPING, Scope.BREAKPOINTS)
    assert overlap(Scope.EVERYWHERE, Scope.DATA)


@pytest.mark.parametrize("sign", [*"?:/,.=><!_-@+\\", "n", "N", "9"])
def test_signs_have_the_names_that_textual_gives_them(sign: str) -> None:
    from textual.keys import _character_to_key

    assert textual_key(sign) == _character_to_key(sign)


def test_remapped_by_id() -> None:
    keymap = build_keymap(Settings({"step-over": ("N",), "zoom": ()}))
    assert keymap.label("step-over") == "N"
    assert keymap.label("zoom") == ""
    assert {key for action, key, _ in keymap.bound() if action.id == "step-over"} == {"N"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"step-over": ("c",)}, "both"),
        ({"zoom": ("f10",)}, "both"),
        ({"step-ovr": ("N",)}, "did you mean step-over"),
        ({"zoom": ("ctrl+a",)}, "multiplexers"),
        ({"zoom": ("alt+z",)}, "cannot be used"),
        ({"zoom": ("",)}, "is not a key"),
    ],
)
def test_bad_keymaps_are_refused_with_file_and_reason(keys: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(UserError) as caught:
        build_keymap(Settings(keys, file=Path("config.yaml")))
    assert said in str(caught.value)
    assert "config.yaml" in str(caught.value)


def test_the_settings_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("keys:\n  step-over: [N, f8]\n  zoom: Z\ntheme: nord\n")
    settings = load_settings(file)
    assert settings.keys == {"step-over": ("N", "f8"), "zoom": ("Z",)}
    assert settings.theme == "nord"


def test_no_settings_file_is_fine(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.yaml").keys == {}


@pytest.mark.parametrize("text", ["keys: 3", "keys: {zoom: {a: b}}", "- a", "theme: [1]", "a: [", "keys: {zoom: yes}"])
def test_a_broken_settings_file_says_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml"):
        load_settings(file)


def test_documentation_lists_every_action() -> None:
    keymap = build_keymap()
    for text in (keys_as_text(keymap), keys_as_markdown(keymap)):
        for action in ACTIONS.values():
            assert action.id in text
            assert action.title in text
