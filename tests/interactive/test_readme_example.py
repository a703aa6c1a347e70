"""The example in the README does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from needs import REPOSITORY


@pytest.mark.real
def test_the_python_example_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    example = re.search(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S)
    exec(compile(example.group(1), "README.md", "exec"), {"__name__": "example"})
    out = capsys.readouterr().out.splitlines()
    promised = re.search(r"# (paused inside .*)", example.group(1)).group(1)
    assert out[0] == promised
    assert "GradientBoostingClassifier" in out[1]
    assert "rows=2100" in out[2]
    assert out[-1] == "finished"
