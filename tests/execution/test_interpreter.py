"""Choosing the interpreter and asking what it could import."""

import os
import sys
from pathlib import Path

import pytest

from cursus_tui.execution import interpreter
from cursus_tui.execution.interpreter import ImportProbe, check_interpreter, choose_interpreter
from cursus_tui.records.errors import UserError


def fake_python(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def link_python(file: Path) -> Path:
    return fake_python(file, f'exec {sys.executable} "$@"')


def test_the_order_of_choice(tmp_path: Path) -> None:
    flag, settings = link_python(tmp_path / "flag"), link_python(tmp_path / "settings")
    venv, conda = link_python(tmp_path / "venv_/bin/python"), link_python(tmp_path / "conda/bin/python")
    project = link_python(tmp_path / "project/.venv/bin/python")
    environ = {"VIRTUAL_ENV": str(tmp_path / "venv_"), "CONDA_PREFIX": str(tmp_path / "conda")}
    folders = [tmp_path / "project"]

    def chosen(
        flag: str | None, settings: Path | None, environ: dict[str, str], folders: list[Path]
    ) -> tuple[Path, str]:
        found = choose_interpreter(flag, settings, folders, environ)
        return found.python, found.reason

    assert chosen(str(flag), settings, environ, folders) == (flag, "--python")
    assert chosen(None, settings, environ, folders) == (settings, "settings file")
    assert chosen(None, None, environ, folders) == (venv, "$VIRTUAL_ENV")
    assert chosen(None, None, {"CONDA_PREFIX": environ["CONDA_PREFIX"]}, folders) == (conda, "$CONDA_PREFIX")
    assert chosen(None, None, {}, folders) == (project, "the project's .venv")
    assert chosen(None, None, {}, []) == (Path(sys.executable), "cursus-tui's own")


def test_a_command_name_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = link_python(tmp_path / "bin/mypython")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = choose_interpreter("mypython", None, [])
    assert found.python == python
    assert found.version == sys.version_info[:3]


def test_a_broken_environment_is_passed_over_and_said(tmp_path: Path) -> None:
    found = choose_interpreter(None, None, [], {"VIRTUAL_ENV": str(tmp_path / "gone")})
    assert found.reason == "cursus-tui's own"
    assert "$VIRTUAL_ENV" in found.passed_over[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 3", "no working Python"),
        ('echo "cursus-tui-probe:[[3, 6, 1], {}]"', "is Python 3.6.1"),
        ('echo "cursus-tui-probe:nonsense"', "no working Python"),
        ("echo junk; echo broken >&2; exit 1", "broken"),
    ],
)
def test_what_is_no_usable_interpreter_is_refused(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_interpreter(fake_python(tmp_path / "python", body), "--python")


def test_absent_or_not_executable(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such interpreter"):
        choose_interpreter(str(tmp_path / "nope"), None, [])
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="not executable"):
        choose_interpreter(str(tmp_path / "file"), None, [])
    with pytest.raises(UserError, match="a folder is no interpreter"):
        choose_interpreter(str(tmp_path), None, [])


def test_an_interpreter_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(UserError, match="did not answer"):
        check_interpreter(fake_python(tmp_path / "python", "sleep 30 & exec sleep 30"), "--python")


def test_asks_once_and_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "lib"
    (trap / "trapped").mkdir(parents=True)
    (trap / "trapped/__init__.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')")
    calls = tmp_path / "calls"
    python = fake_python(tmp_path / "python", f'echo x >> {calls}; exec {sys.executable} "$@"')
    monkeypatch.setenv("PYTHONPATH", str(trap))
    probe = ImportProbe(python)
    probe.prefetch(["json", "trapped", "not_there_at_all", "sys", "not a name"])
    names = {"json", "trapped", "sys", "not_there_at_all", "not a name"}
    assert probe.absent(names) == {"not_there_at_all", "not a name"}
    assert probe.location("trapped") == str(trap / "trapped")
    assert calls.read_text() == "x\n"
    assert not (tmp_path / "imported").exists()


def test_what_was_absent_is_asked_again_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    probe = ImportProbe(Path(sys.executable))
    assert probe.absent({"newly_installed"})
    (tmp_path / "newly_installed.py").write_text("")
    assert probe.absent({"newly_installed"})
    monkeypatch.setattr(interpreter, "_ABSENT_SECONDS", -1.0)
    assert not probe.absent({"newly_installed"})
