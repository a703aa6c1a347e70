"""Variables that no process can have: told before anything runs, whoever decides them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cursus_tui.pipeline.process_environment import impossible_variable
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.settings import read_settings
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Finding, Overrides, ProjectLayout, Severity

INTERFACE = """
step_type: Train
contract: {entry_point: train.py}
"""
IMPOSSIBLE = [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0"), ("A", "\ud800"), ("\ud800", "x")]


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_it_is_what_the_system_refuses(name: str, value: str) -> None:
    assert impossible_variable(name, value)
    with pytest.raises((ValueError, OSError)):
        os.environ[name] = value


@pytest.mark.parametrize(("name", "value"), [("A", ""), ("a.b-c d", "x=y"), ("Ä", "é\n"), ("A", "\udcff")])
def test_it_is_not_what_the_system_takes(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert impossible_variable(name, value) is None
    monkeypatch.setitem(os.environ, name, value)


@pytest.fixture
def layout(tmp_path: Path) -> ProjectLayout:
    (tmp_path / "train.step.yaml").write_text(INTERFACE)
    (tmp_path / "train.py").write_text("")
    (tmp_path / "p.dag.json").write_text(json.dumps({"dag": {"nodes": ["Train"], "edges": []}}))
    return ProjectLayout(tmp_path / "p.dag.json", tmp_path, interfaces=(tmp_path,), scripts=(tmp_path,))


def with_config(layout: ProjectLayout, env: dict[str, str]) -> ProjectLayout:
    file = layout.root / "config.json"
    file.write_text(json.dumps({"configuration": {"shared": {}, "specific": {"Train": {"env": env}}}}))
    return ProjectLayout(layout.dag_file, layout.root, layout.interfaces, layout.scripts, file)


def test_one_of_the_config_is_an_error_finding(layout: ProjectLayout) -> None:
    pipeline = resolve(with_config(layout, {"A=B": "1", "B": "2\0", "C": "3"}), Overrides())
    found = [each for each in pipeline.findings if each.code == "impossible-variable"]
    assert [(each.severity, each.step, each.message) for each in found] == [
        (
            Severity.ERROR,
            "Train",
            "Train cannot be given the environment variable 'A=B' (config env): its name has an equals sign.",
        ),
        (
            Severity.ERROR,
            "Train",
            "Train cannot be given the environment variable 'B' (config env): its value has a NUL character.",
        ),
    ]
    assert all(isinstance(each, Finding) and "config" in each.hint and each.file for each in found)


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_one_of_the_users_is_an_error_of_the_users(layout: ProjectLayout, name: str, value: str) -> None:
    with pytest.raises(UserError, match="Train cannot be given the environment variable"):
        resolve(layout, Overrides(environment={"Train": {name: value}}))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('environment:\n  Train:\n    "A=B": x\n', 3),
        ('environment:\n  Train:\n    C: y\n    "": x\n', 4),
        ('environment:\n  Train:\n    A: "x\\0"\n', 3),
    ],
)
def test_one_in_the_settings_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "cursus-tui.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        read_settings(file)
    assert (caught.value.file, caught.value.line) == (file, line)
    assert "environment" in caught.value.expected
