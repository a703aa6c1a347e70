"""Modules that a user may edit, wherever they lie: each step imports them as they then are, and depends on them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Attempt, Runner
from scripted import bench, chain, write_everything

from cursus_tui.execution.fingerprint import FileDigests, own_parts
from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.options import RunOptions
from cursus_tui.records.pipeline import Isolation

USES = "import elsewhere_lib.part, colorsys, psutil\n\ndef main():\n    print(elsewhere_lib.part.VALUE)\n\nmain()\n"


class Warmed:
    """A runner whose steps find a library on ``PYTHONPATH``, outside of their project."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "elsewhere" / "elsewhere_lib"
        self.library.mkdir(parents=True)
        (self.library / "__init__.py").write_text("")
        self.edit("1")
        self.installed = folder / "site-packages"
        self.installed.mkdir()
        self.preloaded = threading.Event()
        self.left: dict[str, str] = {}
        self._executor = LocalExecutor(
            environment={**os.environ, "PYTHONPATH": f"{self.library.parent}:{self.installed}"},
            noticed=self._noticed,
        )
        self.runner = Runner(self._executor, folder / "runs")

    def edit(self, value: str) -> None:
        (self.library / "part.py").write_text(f"VALUE = {value!r}\n")

    def warm(self, *modules: str) -> None:
        self._executor.warm(Path(sys.executable), modules)
        assert self.preloaded.wait(20)

    def run(self, **fields: Any) -> Attempt:
        return self.runner.run(USES, **fields)

    def close(self) -> None:
        self._executor.close()

    def _noticed(self, python: Path, message: Any) -> None:
        if message["event"] == "preloaded":
            self.left = message["left"]
            self.preloaded.set()


@pytest.fixture
def warmed(tmp_path: Path) -> Iterator[Warmed]:
    made = Warmed(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("isolation", list(Isolation))
def test_modules_outside_of_the_project_are_recorded_and_libraries_are_not(
    warmed: Warmed, isolation: Isolation
) -> None:
    attempt = warmed.run(isolation=isolation)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.imported_files == (warmed.library / "__init__.py", warmed.library / "part.py")
    assert sorted(attempt.result.libraries) == ["psutil"]


def test_what_a_user_may_edit_is_never_kept_warm(warmed: Warmed) -> None:
    warmed.warm("elsewhere_lib", "elsewhere_lib.part", "psutil")
    assert sorted(warmed.left) == ["elsewhere_lib", "elsewhere_lib.part"]
    assert warmed.run().stdout == "1\n"
    warmed.edit("a longer text")
    attempt = warmed.run()
    assert attempt.stdout == "a longer text\n"
    assert warmed.library / "part.py" in attempt.result.imported_files


def test_what_an_installed_library_imports_of_it_is_never_old(warmed: Warmed) -> None:
    (warmed.installed / "wrapper_lib.py").write_text("from elsewhere_lib.part import VALUE\n")
    warmed.warm("wrapper_lib")
    uses = "import wrapper_lib\ndef main():\n    print(wrapper_lib.VALUE)\nmain()\n"
    for value in ("1", "a longer text", "another, longer text"):
        warmed.edit(value)
        attempt = warmed.runner.run(uses)
        assert attempt.stdout == f"{value}\n", attempt.stderr
        assert attempt.result.imported_files == (warmed.library / "__init__.py", warmed.library / "part.py")


def test_a_module_that_the_step_itself_wrote_is_its_own_affair(warmed: Warmed) -> None:
    attempt = warmed.runner.run(
        """
        import os, sys, tempfile
        def main():
            for folder in (os.getcwd(), tempfile.mkdtemp()):
                name = "made_%d" % len(folder)
                open(os.path.join(folder, name + ".py"), "w").write("VALUE = 1")
                sys.path.insert(0, folder)
                __import__(name)
        main()
        """
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.imported_files == ()


def test_an_edit_outside_of_the_project_makes_a_step_stale(tmp_path: Path) -> None:
    module = tmp_path / "elsewhere" / "part.py"
    module.parent.mkdir()
    module.write_text("x = 1\n")
    os.utime(module, (1, 1))
    project = tmp_path / "project"
    project.mkdir()
    made = bench(chain(project, "A"), {"A": lambda step: replace(write_everything(step), imported_files=(module,))})
    made.run("continue_")
    module.write_text("x = 2\n")
    made.run("script_changed", "A")
    assert made.session.state.steps["A"].stale == "part.py changed"
    made.close()


def test_another_version_behind_the_same_path_is_another_interpreter(tmp_path: Path) -> None:
    pipeline = chain(tmp_path, "A")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()

    def part(version: str, moment: int) -> str:
        python.write_text(f"#!/bin/sh\ncat >/dev/null\necho 'cursus-tui-probe:[{version}, {{}}]'\n")
        python.chmod(0o755)
        os.utime(python, (moment, moment))
        return own_parts(pipeline, pipeline.steps["A"], RunOptions(python=python), FileDigests())["python"]

    assert part("[3, 11, 2]", 1) == f"{python} (Python 3.11.2)"
    assert part("[3, 11, 9]", 2) == f"{python} (Python 3.11.9)"
