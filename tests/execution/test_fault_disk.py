"""Disks that are full, for real: a small one of its own for each front, in a private mount namespace."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from fault_pipeline import contained
from full_disk_front import SCENARIOS

FRONT = Path(__file__).with_name("full_disk_front.py")
ISOLATED = ["unshare", "--user", "--map-root-user", "--mount"]


@cache
def can_mount() -> bool:
    """Whether this user may mount a disk in a namespace of its own."""
    if shutil.which("unshare") is None:
        return False
    probe = "mount -t tmpfs none /mnt"
    return subprocess.run([*ISOLATED, "sh", "-c", probe], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_full_disk(tmp_path: Path, scenario: str) -> None:
    if not can_mount():
        pytest.skip("no mount namespace without privileges here")
    command = [*ISOLATED, sys.executable, str(FRONT), scenario, str(tmp_path / "pipeline")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "contained\n"), done.stderr


def test_a_file_beyond_the_size_limit_is_told_as_such(tmp_path: Path) -> None:
    body = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with open(output_paths['result'] + '/rows.txt', 'wb', buffering=0) as file:
            while True:
                file.write(b'x' * 4096)  # HERE
        """
    run = contained(tmp_path, body)
    assert (run.error().type, run.error().line) == ("OSError", run.line())
    assert f"[Errno {errno.EFBIG}]" in run.error().message
