"""Untrusted text stays harmless, and fits."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cursus_tui.text import fit, human_bytes, human_count, human_rows, human_seconds, last_state, plain_line, safe


@given(st.text())
def test_safe_text_holds_nothing_that_acts_on_a_terminal(text: str) -> None:
    shown = safe(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
    assert not set(shown) & set("\u202e\u2066\u200b\ufeff\u200f\u034f\ufe0f\ufe00\u180b\U000e0100\U0001d173\U0001bca0")
    shown.encode()
    assert safe(shown) == shown


def test_no_character_without_width_is_left_but_marks_of_scripts() -> None:
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) == "Cf" and char in safe(char):
            # Signs of Arabic, Syriac, Kaithi and Egyptian that are seen.
            assert code in {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD} or (
                0x13430 <= code <= 0x1345F
            ), hex(code)
    assert plain_line("\u26a0\ufe0f look") == "\u26a0 look"


def test_safe_shows_what_it_replaces() -> None:
    assert safe("a\x1b[31m\n\u202eb\x9b") == "a␛[31m␊<202E>b<009B>"
    assert safe("plain 漢字 é") == "plain 漢字 é"
    assert safe("abcdef", 4) == "abc…"
    assert safe("abcdef", 0) == "…"


@given(st.text(alphabet=st.sampled_from("ab漢é🚀 ")), st.integers(-1, 20))
def test_fit_gives_exactly_the_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == max(0, cells)


def test_fit_shows_where_it_cut() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("ab", 4) == "ab  "
    assert fit("漢字漢字", 4) == "漢 …"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mERROR\x1b[0m x", "ERROR x"),
        ("\x1b[38;2;1;2;3mrgb\x1b[m", "rgb"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGk=\x07", ""),
        ("\x1b(Btext\x1b=", "text"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("\x1b]0;never ends", "␛]0;never ends"),
        (" 10%|#  |\r 50%|## |\r100%|###|", "100%|###|"),
        (" 10%\r 50%\r", " 50%"),
        ("windows\r", "windows"),
        ("bar\r\x1b[K", "bar"),
        ("1/3\b\b\b2/3\b\b\b3/3", "3/3"),
        ("\b\bx", "x"),
        ("a\tb", "a       b"),
        ("bell\x07", "bell␇"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
    ],
)
def test_a_line_of_output_as_a_terminal_would_leave_it(raw: str, shown: str) -> None:
    assert plain_line(raw) == shown


@given(st.text(alphabet=st.sampled_from("\x1b[]0;m\x07\\\x9b\x9dK\r\bx漢\n")))
def test_any_output_becomes_safe(raw: str) -> None:
    assert safe(plain_line(raw)) == plain_line(raw)
    assert "\r" not in last_state(raw)


def test_hostile_escapes_take_no_longer_than_they_are_long() -> None:
    assert len(plain_line("\x9d" * 100_000 + "\x1b]" * 100_000)) > 100_000


def test_figures_for_people() -> None:
    assert [human_bytes(n) for n in (None, 0, 999, 1536, 200 * 1024, 5 * 1024**4)] == [
        "",
        "0 B",
        "999 B",
        "1.5 KB",
        "200 KB",
        "5.0 TB",
    ]
    assert [human_seconds(s) for s in (None, 0.123, 4.25, 185, 7440)] == ["", "0.12 s", "4.2 s", "3m05s", "2h04m"]
    assert human_count(1234567) == "1,234,567"
    assert [human_rows(n) for n in (None, 0, 1, 1234)] == ["", "0 rows", "1 row", "1,234 rows"]
    assert human_count(None) == ""
