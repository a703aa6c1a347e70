"""What is ours stays private whatever the user's umask is; what a script writes is made as in the user's shell."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_steps import leave, real_chain, real_session

from cursus_tui.records.pipeline import Isolation

OWNERS_ONLY = 0o077


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("isolation", [Isolation.ZYGOTE, Isolation.SUBPROCESS])
def test_all_of_a_run_is_its_owners_and_scripts_keep_the_users_umask(
    tmp_path: Path, umask: int, isolation: Isolation
) -> None:
    pipeline = real_chain(tmp_path, "A", "B")
    for name, step in pipeline.steps.items():
        object.__setattr__(step, "isolation", isolation)
        with (tmp_path / f"{name}.py").open("a") as script:
            script.write("mask = os.umask(0)\nos.umask(mask)\nprint('umask', mask)\n")
    session = real_session(pipeline)
    session.start().result(20)
    session.continue_().result(20)
    session.wait_settled(30)
    workspace = session._store.workspace.path
    states = session.state.steps
    try:
        assert {str(state.status) for state in states.values()} == {"passed"}
        assert mode(workspace) == 0o700
        ours = [each for each in workspace.iterdir() if each.is_file()]
        for state in states.values():
            folder = state.attempt.folder
            ours += [folder, *folder.parents[:3], *folder.iterdir()]
            assert f"umask {umask}" in (folder / "stdout.log").read_text()
            assert mode(folder / "output" / "out" / "part-0.csv") == 0o666 & ~umask
        names = {each.name for each in ours}
        assert {"runs.sqlite3", "job.json", "process.json", "outcome.json", "events.jsonl", "stdout.log"} <= names
        assert {each.name: oct(mode(each)) for each in ours if mode(each) & OWNERS_ONLY} == {}
    finally:
        leave(session)
