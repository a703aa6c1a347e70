"""An environment that no process can have: the step says so, and nothing else suffers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from engine_runner import context
from scripted import bench, chain

from cursus_tui.execution.fingerprint import digest
from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Value


@pytest.mark.parametrize(("name", "value"), [("A=B", "x"), ("", "x"), ("A", "x\0"), ("A", "\ud800")])
def test_the_executor_does_not_start_it(tmp_path: Path, name: str, value: str) -> None:
    executor = LocalExecutor()
    try:
        with pytest.raises(UserError, match="no process can be given the environment variable"):
            executor.start(
                context(tmp_path / "a.py", tmp_path / "attempt", environment={name: value}), lambda event: None
            )
    finally:
        executor.close()


def test_the_step_fails_with_a_sentence_and_the_session_lives(tmp_path: Path) -> None:
    class Refusing(LocalExecutor):
        def _zygote(self, python: Path, allow_network: bool) -> object:
            raise AssertionError("nothing may be started")

    pipeline = replace(chain(tmp_path, "A"), environment={"A": (Value("MODE", "\ud800", "config env", True),)})
    made = bench(pipeline, executor=Refusing())  # type: ignore[arg-type]
    made.run("continue_")
    error = made.session.state.steps["A"].attempt.error
    assert error.type == "not started"
    assert error.message.startswith("no process can be given the environment variable 'MODE'")
    made.close()


def test_any_text_of_a_json_file_has_a_digest() -> None:
    assert digest({"environment MODE": "\ud800"}) != digest({"environment MODE": "\udcff"})
