"""What stands for the engine's speed on any machine: processes, transactions and events for a step."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_tui.execution.options import RunOptions
from cursus_tui.records.events import ResourcesSampled, SessionEvent
from cursus_tui.records.run import Phase
from cursus_tui.samples.generate import generate
from cursus_tui.workbench import Workbench, open_pipeline

STEPS = 8
MOST_EVENTS = 8
"""For a step: current, importing, running, called, passed, and what of its followers became ready."""
COUNT_FORKS = """
import os
import sys
if "zygote" in sys.orig_argv:
    os.register_at_fork(before=lambda: open({file!r}, "a").write("fork\\n"))
"""


@pytest.fixture
def forks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets a line for each fork of a zygote."""
    file = tmp_path / "forks"
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(textwrap.dedent(COUNT_FORKS.format(file=str(file))))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hook"))
    return file


@pytest.fixture
def bench(forks: Path, tmp_path: Path) -> Iterator[Workbench]:
    generate(tmp_path / "pipeline", STEPS, "layers", "noop")
    opened = Workbench(open_pipeline(str(tmp_path / "pipeline")), RunOptions(), tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.mark.real
def test_a_step_takes_one_fork_one_transaction_and_few_events(bench: Workbench, forks: Path) -> None:
    session = bench.start()
    events: list[SessionEvent] = []
    session.subscribe(events.append)
    before = bench.store.transactions
    session.continue_().result()
    assert session.wait_settled(60).phase is Phase.FINISHED
    bench.close()
    # One more child waits for the next step, or was dropped for the libraries that were imported meanwhile.
    assert STEPS <= len(forks.read_text().splitlines()) <= STEPS + 2
    # A step's end and the next one's start are stored together.
    assert bench.store.transactions - before <= STEPS + 2
    changes = [event for event in events if not isinstance(event, ResourcesSampled)]
    assert STEPS < len(changes) <= MOST_EVENTS * STEPS
