"""What the terminal is sent when a long step has ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_tui.app.attention import Multiplexer, ask_tmux, notification

OUTSIDE = Multiplexer()
TOLD = "train passed after 60.0 s"


@pytest.mark.parametrize("term", ["xterm-256color", "xterm-kitty", "xterm-ghostty"])
def test_a_terminal_is_asked_with_osc_9(term: str) -> None:
    assert notification(TOLD, {"TERM": term}, OUTSIDE) == f"\x1b]9;cursus-tui: {TOLD}\x07"


@pytest.mark.parametrize(
    "environment", [{"TERM": "foot"}, {"TERM": "rxvt-unicode"}, {"TERM": "xterm", "VTE_VERSION": "7600"}]
)
def test_some_only_know_osc_777(environment: dict[str, str]) -> None:
    assert notification(TOLD, environment, OUTSIDE) == f"\x1b]777;notify;cursus-tui;{TOLD}\x07"


@pytest.mark.parametrize("term", ["linux", "screen.xterm", "dumb"])
def test_the_bell_has_to_do(term: str) -> None:
    assert notification(TOLD, {"TERM": term}, OUTSIDE) == ""


def test_tmux_is_passed_through_only_where_it_lets_through() -> None:
    environment = {"TMUX": "/socket,1,0", "TERM": "tmux-256color", "VTE_VERSION": "7600"}
    assert notification(TOLD, environment, Multiplexer("xterm", passes=False)) == ""
    through = notification(TOLD, environment, Multiplexer("xterm", passes=True))
    assert through == f"\x1bPtmux;\x1b\x1b]9;cursus-tui: {TOLD}\x07\x1b\\"
    assert "]777;" in notification(TOLD, environment, Multiplexer("foot", passes=True))


@pytest.mark.parametrize("environment", [{"TERM": "xterm"}, {"TERM": "foot"}, {"TERM": "tmux", "TMUX": "x"}])
def test_names_cannot_end_the_sequence_or_begin_another(environment: dict[str, str]) -> None:
    nasty = "4;1;50\x07\x1b]52;c;x\x9c\x1b\\ end\nline"
    plain = notification("name", environment, Multiplexer("xterm", passes=True))
    found = notification(nasty, environment, Multiplexer("xterm", passes=True))
    for sign in ("\x07", "\x1b", "\x9c", "\n", ";"):
        assert found.count(sign) == plain.count(sign)


@pytest.mark.parametrize(("answer", "passes"), [("1 xterm-kitty", True), ("all foot", True), ("0 xterm", False)])
def test_tmux_says_whether_it_lets_through(tmp_path: Path, answer: str, passes: bool) -> None:
    fake = tmp_path / "tmux"
    fake.write_text(f'#!/bin/sh\n[ "$4" = %3 ] && echo "{answer}"\n')
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TMUX_PANE": "%3"}
    assert ask_tmux(environment) == Multiplexer(answer.split()[1], passes)


def test_a_tmux_that_is_not_there_lets_nothing_through(tmp_path: Path) -> None:
    assert ask_tmux({"PATH": str(tmp_path)}) == Multiplexer()
