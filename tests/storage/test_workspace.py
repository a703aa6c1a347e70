"""Finding, making and owning a workspace."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from cursus_tui.records.errors import UserError
from cursus_tui.storage import workspace as module
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import find_workspace, folder_size, network_file_system, open_workspace


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_lies_beside_the_pipeline_private_and_ignored_by_git(tmp_path: Path):
    dag = tmp_path / "x.dag.json"
    dag.write_text("{}")
    workspace = open_workspace(dag)
    store = RunStore(workspace)
    assert workspace.path == tmp_path / ".cursus-tui"
    assert (workspace.path / ".gitignore").read_text() == "*\n"
    assert mode(workspace.path) == 0o700
    assert {mode(each) for each in workspace.path.iterdir() if each.is_file()} == {0o600}
    assert (workspace.read_only, workspace.notes) == (None, ())
    store.close()
    workspace.close()


def test_one_that_others_could_read_is_closed_to_them(tmp_path: Path):
    (tmp_path / ".cursus-tui").mkdir(mode=0o755)
    open_workspace(tmp_path).close()
    assert mode(tmp_path / ".cursus-tui") == 0o700


def test_a_given_folder_is_used_or_refused_by_name(tmp_path: Path):
    workspace = open_workspace(tmp_path, tmp_path / "mine" / "deep")
    assert workspace.path == tmp_path / "mine" / "deep"
    workspace.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot use the workspace") as refusal:
        open_workspace(tmp_path, tmp_path / "file")
    assert refusal.value.file == tmp_path / "file"


def test_where_the_pipeline_cannot_hold_it_the_state_folder_does(tmp_path: Path, state_folder: Path):
    (tmp_path / ".cursus-tui").write_text("in the way")
    workspace = open_workspace(tmp_path)
    assert state_folder in workspace.path.parents
    assert str(workspace.path) in workspace.notes[0]
    workspace.close()
    again = open_workspace(tmp_path)
    assert again.path == workspace.path
    again.close()


def test_a_second_front_reads_only_and_names_the_owner(tmp_path: Path):
    first = open_workspace(tmp_path)
    RunStore(first).close()
    second = open_workspace(tmp_path)
    assert f"process {os.getpid()} of " in (second.read_only or "")
    store = RunStore(second)
    assert store.read.runs() == ()
    store.close()
    first.close()
    third = open_workspace(tmp_path)
    assert third.read_only is None
    third.close()


def test_a_killed_owner_owns_nothing(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from cursus_tui.storage.workspace import open_workspace\n"
        "w = open_workspace(Path(sys.argv[1])); print(w.read_only, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "None\n"
    assert f"process {owner.pid} of " in (open_workspace(tmp_path).read_only or "")
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    workspace = open_workspace(tmp_path)
    assert workspace.read_only is None
    workspace.close()


def test_looking_makes_nothing_and_takes_no_lock(tmp_path: Path):
    assert find_workspace(tmp_path) is None
    assert not list(tmp_path.iterdir())
    first = open_workspace(tmp_path)
    RunStore(first).close()
    first.close()
    reader = find_workspace(tmp_path)
    assert reader is not None
    assert reader.read_only
    owner = open_workspace(tmp_path)
    assert owner.read_only is None
    owner.close()


@pytest.mark.parametrize(
    ("kind", "expected"), [("nfs4", "nfs4"), ("fuse.sshfs", "fuse.sshfs"), ("9p", "9p"), ("ext4", None), ("xfs", None)]
)
def test_network_file_systems_are_known_by_the_nearest_mount(
    tmp_path: Path, kind: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "my home"
    home.mkdir()
    mounted = [("/", "ext4"), (str(home), "ext4"), (str(home), kind), ("/elsewhere", "nfs"), (f"{home}/n", "nfs")]
    partitions = [SimpleNamespace(mountpoint=place, fstype=each) for place, each in mounted]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: partitions)
    assert network_file_system(home / "not" / "yet") == expected
    assert network_file_system(tmp_path) is None

    def refuse(all: bool):
        raise PermissionError

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert network_file_system(home) is None


def test_the_mounts_of_this_machine_can_be_read():
    assert network_file_system(Path("/proc/self")) is None


def test_on_a_network_file_system_the_database_lies_in_the_state_folder(
    tmp_path: Path, state_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "network_file_system", lambda path: "nfs4")
    workspace = open_workspace(tmp_path)
    assert workspace.path == tmp_path / ".cursus-tui"
    assert state_folder in workspace.database.parents
    assert "network file system (nfs4)" in workspace.notes[0]
    workspace.close()


def test_its_size_is_what_its_files_take(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x" * 100_000)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert 100_000 <= folder_size(tmp_path) < 120_000
    assert folder_size(tmp_path / "absent") == 0


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_workspace_is_private_whatever_the_umask(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        workspace = open_workspace(tmp_path)
        store = RunStore(workspace)
        with store.transaction():
            store.set_setting("keys", "vim")
    finally:
        os.umask(before)
    files = [each for each in workspace.path.iterdir() if each.is_file()]
    assert workspace.database in files
    assert mode(workspace.path) == 0o700
    assert {mode(each) for each in files} == {0o600}
    store.close()
    workspace.close()


def test_a_lock_that_outlives_its_dead_owner_for_a_moment_is_waited_for(tmp_path: Path):
    """What a front forks to start another program has its lock until that starts, also when the front is killed."""
    code = """
import os, sys, time
from pathlib import Path
from cursus_tui.storage.workspace import open_workspace
open_workspace(Path(sys.argv[1]))
if os.fork() == 0:
    time.sleep(0.3)
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    workspace = open_workspace(tmp_path)
    assert workspace.read_only is None
    workspace.close()
