"""How much memory is left for a held step: the machine's, or what the container has."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_tui.debugging.hold_limit import memory_left


def write(system: Path, name: str, text: str) -> None:
    file = system / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A machine with half of its memory left."""
    write(tmp_path, "proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\n")
    return tmp_path


def limit(system: Path, group: str, maximum: str, current: int, cached: int) -> None:
    write(system, f"sys/fs/cgroup/{group}memory.max", maximum + "\n")
    write(system, f"sys/fs/cgroup/{group}memory.current", f"{current}\n")
    write(system, f"sys/fs/cgroup/{group}memory.stat", f"anon 5\ninactive_file {cached}\n")


def test_the_machines_where_there_is_no_container(system: Path) -> None:
    assert memory_left(system) == 0.5


def test_a_containers_limit_without_what_is_only_cached(system: Path) -> None:
    write(system, "proc/self/cgroup", "0::/\n")
    limit(system, "", "1000", 980, 20)
    assert memory_left(system) == pytest.approx(0.04)


def test_the_tightest_of_the_groups_around_counts(system: Path) -> None:
    write(system, "proc/self/cgroup", "1:name=systemd:/x\n0::/user/job\n")
    limit(system, "user/job/", "max", 900, 0)
    limit(system, "user/", "1000", 900, 0)
    assert memory_left(system) == pytest.approx(0.1)


def test_one_that_has_more_than_the_machine_changes_nothing(system: Path) -> None:
    write(system, "proc/self/cgroup", "0::/../../elsewhere\n")
    limit(system, "", "100000", 10, 0)
    assert memory_left(system) == 0.5


def test_nobody_says(tmp_path: Path) -> None:
    assert memory_left(tmp_path) == 1.0


def test_this_machine_has_some() -> None:
    assert 0 < memory_left() <= 1
