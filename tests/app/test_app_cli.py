"""``cursus-tui debug`` and ``cursus-tui keys`` around the screen."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from cursus_tui.app.app import CursusApp, Looks
from cursus_tui.app.keymap import build_keymap
from cursus_tui.app.leaving import farewell
from cursus_tui.cli.main import main
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import Phase, SessionState, StepState, StepStatus
from cursus_tui.samples.generate import generate


@pytest.mark.parametrize(("term", "why"), [("dumb", "TERM=dumb"), ("xterm-256color", "needs a terminal")])
def test_where_there_can_be_no_screen_there_is_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], term: str, why: str
) -> None:
    generate(tmp_path / "chain", 2)
    monkeypatch.setenv("TERM", term)
    assert main(["debug", str(tmp_path / "chain")]) == 2
    told = capsys.readouterr()
    assert "SourceA_0000" in told.out
    assert why in told.err
    assert "cursus-tui run" in told.err


def test_keys_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys"]) == 0
    told = capsys.readouterr()
    assert "step-over" in told.out
    assert "cursus-tui/config.yaml, such as\nkeys: {step-over: N" in told.err
    assert main(["keys", "--markdown"]) == 0
    assert "| `n` `F10` |" in capsys.readouterr().out


def test_an_unknown_theme_is_refused() -> None:
    for name in ("no-such-theme", ""):
        with pytest.raises(UserError, match="no theme"):
            CursusApp(Future(), build_keymap(), Looks(name))


def test_plain_looks_use_the_terminals_own_colours() -> None:
    app = CursusApp(Future(), build_keymap(), Looks(plain=True))
    assert app.native_ansi_color
    assert app.animation_level == "none"


def _standing(*statuses: StepStatus, read_only: str | None = None) -> SessionState:
    steps = {f"S{index}": StepState(f"S{index}", status) for index, status in enumerate(statuses)}
    return SessionState("r", Phase.RUNNING, None, None, steps, read_only)


def test_what_goes_on_without_the_screen_is_told() -> None:
    state = _standing(StepStatus.PASSED, StepStatus.RUNNING, StepStatus.WAITING)
    what, how = farewell(state, "cursus-tui debug here")
    assert "S1 runs on" in what
    assert how == "  come back: cursus-tui debug here"
    assert "********" not in how
    assert "value itself" in farewell(state, "cursus-tui debug here --env S1.API_KEY=********")[1]
    assert "\x1b" not in farewell(state, "cursus-tui debug 'a\x1b[31m'")[1]


def test_nothing_is_told_where_nothing_of_ours_goes_on() -> None:
    assert farewell(None, "cursus-tui debug here") == ()
    assert farewell(_standing(StepStatus.PASSED, StepStatus.READY), "cursus-tui debug here") == ()
    assert farewell(_standing(StepStatus.RUNNING, read_only="pid 3"), "cursus-tui debug here") == ()


def test_the_first_picture_imports_nothing_that_takes_time() -> None:
    """A proxy for the time to first paint."""
    code = "import sys, cursus_tui.app.app, cursus_tui.cli.debug; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    slow = {"networkx", "pydantic", "duckdb", "pandas", "yaml", "psutil", "cursus_tui.workbench"}
    assert not slow & set(told)
    assert not [name for name in told if name.startswith("cursus_tui.widgets.") or name.endswith("screens.main")]
