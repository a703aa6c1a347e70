"""What a step had to import of a warm library is warm for the steps after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_runner import Runner

from cursus_tui.execution.local_executor import LocalExecutor

USES_PART = """
import sys
print("warm" if "json.tool" in sys.modules else "cold")
import json.tool
"""
USES_ANOTHER = """
import sys
print("warm" if "multiprocessing.dummy" in sys.modules else "cold")
import multiprocessing.dummy
{more}
"""
SHOWS_BACKEND = """
import os
print(os.environ["MPLBACKEND"], open("/proc/%d/environ" % os.getppid()).read().count("MPLBACKEND=Agg"))
"""
ATTEMPTS = 20
"""The zygote learns when it has time: a step that comes at once may be first."""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """With a zygote of its own: what it has learned, others have not."""
    monkeypatch.delenv("MPLBACKEND", raising=False)
    executor = LocalExecutor()
    yield Runner(executor, tmp_path)
    executor.close()


def test_a_part_of_a_warm_library_is_imported_once_for_all_steps(runner: Runner) -> None:
    assert runner.run(USES_PART).stdout == "cold\n"
    assert any(runner.run(USES_PART).stdout == "warm\n" for _ in range(ATTEMPTS))


def test_nothing_is_learned_of_a_step_that_brought_in_what_does_not_survive_a_fork(runner: Runner) -> None:
    folder = runner.folder / "libraries"
    folder.mkdir()
    (folder / "torch.py").write_text("")
    source = USES_ANOTHER.format(more="import torch")
    runs = [runner.run(source, python_paths=(folder,)) for _ in range(3)]
    assert [run.stdout for run in runs] == ["cold\n"] * 3, runs[0].stderr


def test_a_projects_own_modules_are_never_learned(runner: Runner) -> None:
    folder = runner.folder / "project"
    (folder / "ours").mkdir(parents=True)
    (folder / "ours" / "__init__.py").write_text("")
    source = "import ours.part\nprint(ours.part.VALUE)\n"
    for value in ("1", "a longer text", "3"):
        (folder / "ours" / "part.py").write_text(f"VALUE = {value!r}\n")
        assert runner.run(source, python_paths=(folder,)).stdout == f"{value}\n"


def test_what_a_step_claims_to_have_imported_is_not_taken_on_trust(runner: Runner) -> None:
    """A script can write to its control socket: names that are none, or of what is not warm, are not imported."""
    source = """
    import json, os, stat
    def main():
        events = [{"event": "modules", "parts": ["json. tool", 7, None, "turtledemo.clock", ".json", "json"]}]
        for name in os.listdir("/proc/self/fd"):
            if int(name) >= 1000 and stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                os.write(int(name), "".join(json.dumps(each) + "\\n" for each in events).encode())
    main()
    """
    assert runner.run(source).result.status == "passed"
    again = runner.run("import sys\nprint([n for n in sys.modules if 'turtledemo' in n or ' ' in n])")
    assert again.stdout == "[]\n"


def test_a_warm_library_finds_no_screen_to_draw_on(runner: Runner) -> None:
    """It may be imported before any step has its environment."""
    assert runner.run(SHOWS_BACKEND).stdout == "Agg 1\n"
