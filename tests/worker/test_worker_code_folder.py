"""A script may write among its source, as in its container: its user's files stay as they are."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cursus_tui.worker.container_paths import ContainerPaths, ContainerView
from cursus_tui.worker.job import Job

CODE = Path("/opt/ml/code")


def job(folder: Path, source: Path) -> Job:
    return Job(1, "S", str(folder), str(source / "step.py"))


@pytest.fixture
def code(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A script's folder that a block sees at its container path, and where what it writes there is to go."""
    source = tmp_path / "source"
    (source / "sub" / "deep").mkdir(parents=True)
    for name in ("step.py", "sub/part.json", "sub/deep/leaf.txt"):
        (source / name).write_text(f"the user's {name}")
    before = {each: (each.lstat().st_mode, each.lstat().st_mtime_ns) for each in source.rglob("*")}
    folder = tmp_path / "run"
    paths = ContainerPaths(job(folder, source))
    view = ContainerView(paths, str(folder / "container"))
    view.show()
    try:
        yield source, folder / "container" / "code"
    finally:
        view.hide()
    assert {each: (each.lstat().st_mode, each.lstat().st_mtime_ns) for each in source.rglob("*")} == before
    for each in filter(Path.is_file, before):
        assert each.read_text() == f"the user's {each.relative_to(source)}"


def test_the_source_is_read_where_the_container_has_it(code: tuple[Path, Path]) -> None:
    assert (CODE / "sub" / "part.json").read_text() == "the user's sub/part.json"
    assert sorted(os.listdir(CODE)) == ["step.py", "sub"]
    assert [(each, folders, files) for each, folders, files in os.walk(CODE)] == [
        ("/opt/ml/code", ["sub"], ["step.py"]),
        ("/opt/ml/code/sub", ["deep"], ["part.json"]),
        ("/opt/ml/code/sub/deep", [], ["leaf.txt"]),
    ]
    with pytest.raises(FileNotFoundError):
        (CODE / "absent").read_text()


def _write_all(code: Path) -> None:
    (code / "new.txt").write_text("new")
    (code / "sub" / "part.json").write_text("changed")
    with (code / "step.py").open("a") as file:
        file.write(", and more")
    os.makedirs(code / "made" / "below")
    (code / "made" / "below" / "file").write_bytes(b"x")


def test_what_a_block_writes_among_its_source_stays_in_the_attempt(code: tuple[Path, Path]) -> None:
    _write_all(CODE)
    assert (CODE / "step.py").read_text() == "the user's step.py, and more"
    assert (CODE / "sub" / "part.json").read_text() == "changed"
    assert (CODE / "sub" / "deep" / "leaf.txt").read_text() == "the user's sub/deep/leaf.txt"
    assert sorted(os.listdir(CODE)) == ["made", "new.txt", "step.py", "sub"]
    assert (code[1] / "new.txt").read_text() == "new"


@pytest.mark.parametrize(
    "change",
    [
        lambda: os.remove(CODE / "step.py"),
        lambda: (CODE / "sub" / "part.json").unlink(),
        lambda: os.chmod(CODE / "step.py", 0o777),
        lambda: os.utime(CODE / "step.py", (1, 1)),
        lambda: os.close(os.open(CODE / "step.py", os.O_WRONLY | os.O_TRUNC)),
        lambda: open(CODE / "step.py", mode="r+").close(),
        lambda: shutil.rmtree(CODE / "sub"),
        lambda: shutil.copy(CODE / "step.py", CODE / "sub" / "part.json"),
        lambda: [os.remove(each) for each in glob.glob("/opt/ml/code/sub/*.json")],
        lambda: os.remove("/opt/ml/code/sub/../step.py"),
    ],
)
def test_a_block_cannot_change_the_users_source(code: tuple[Path, Path], change: Callable[[], object]) -> None:
    change()


def test_main_gets_what_its_block_put_among_its_source(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "models").mkdir()
    paths = ContainerPaths(job(tmp_path / "run", source))
    private = tmp_path / "run" / "container" / "code"
    assert paths.input("models", "/opt/ml/code/models") == (str(source / "models"), None)
    assert paths.output("written", "/opt/ml/code/models") == (str(private / "models"), None)
    (private / "made").mkdir(parents=True)
    assert paths.input("made", "/opt/ml/code/made") == (str(private / "made"), None)
