"""The command line itself: quick to start, and clear when something is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cursus_tui.cli import main as cli_main
from cursus_tui.cli.main import COMMANDS, main

HEAVY = ("textual", "rich", "pydantic", "yaml", "networkx", "pandas", "pyarrow", "duckdb", "boto3", "psutil", "debugpy")


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_heavy(argument: str) -> None:
    code = (
        "import sys\nfrom cursus_tui.cli.main import main\n"
        f"status = main([{argument!r}])\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
        "print('OURS', sorted(name for name in sys.modules if name.startswith('cursus_tui')))\n"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
    assert "OURS ['cursus_tui', 'cursus_tui.cli', 'cursus_tui.cli.main']" in done.stdout


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)
    assert max(map(len, out.splitlines())) <= 80


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek"]) == 2
    assert "did you mean check?" in capsys.readouterr().err
    assert main(["sample:fraud_training"]) == 2
    assert "cursus-tui debug sample:fraud_training" in capsys.readouterr().err


def test_bad_input_is_2_and_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "/no/such\x1b[31m/pipeline.dag.json"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("cursus-tui: ")
    assert "no such file" in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert main(["--debug", "check", "/no/such"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_bad_options_are_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x", "--input", "Load=data"]) == 2
    assert "STEP.CHANNEL=PATH" in capsys.readouterr().err
    assert main(["check", "x", "--wire", "A.in=nodot"]) == 2
    assert "SOURCE.OUTPUT" in capsys.readouterr().err
    assert main(["check"]) == 2
    assert "PATH" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (RuntimeError("boom"), 70)])
def test_ctrl_c_and_bugs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli_main.cli, "main", fail)
    assert main(["check", "x"]) == status
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "interrupted" in err or "boom" in err


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m cursus_tui check --help | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_a_terminal_that_lacks_characters_still_gets_the_report() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cursus_tui", "check", "/no/such/ü"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert "no such file" in done.stderr


def test_no_name_reaches_the_terminal_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # click takes escapes out where nobody looks.
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    evil = "evil\x1b]0;pwned\x07\u202e.dag.json"
    (tmp_path / evil).write_text("{")
    for arguments in ([evil], ["check", evil], ["--debug", "check", evil], ["check", evil + "x"]):
        assert main(arguments) == 2
        shown = capsys.readouterr()
        assert not set(shown.out + shown.err) & set("\x1b\x07\u202e"), arguments
