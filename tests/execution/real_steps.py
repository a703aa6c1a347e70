"""Tiny pipelines of real scripts, run by real processes, for end-to-end tests of the session."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from debugged import debugger_for_tests
from scripted import chain, resolver

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.records.pipeline import Pipeline
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import open_workspace

SCRIPT = """
import os, sys, time
HOME = {home!r}

def note(what):
    with open(os.path.join(HOME, "journal"), "a") as journal:
        journal.write({name!r} + " " + what + "\\n")

def main(input_paths, output_paths, environ_vars, job_args):
    note("began")
    rows = ["x"]
    if {name!r} != "A":
        with open(os.path.join(input_paths["data"], "part-0.csv")) as file:
            rows += file.read().split()[1:]
    hold = os.path.join(HOME, "hold-" + {name!r})
    while os.path.exists(hold):
        time.sleep(0.01)
    rows.append({name!r})
    print("wrote", len(rows))
    with open(os.path.join(output_paths["out"], "part-0.csv"), "w") as file:
        file.write("\\n".join(rows) + "\\n")
    note("ended")

if __name__ == "__main__":
    main({{"data": "/opt/ml/processing/input/data"}}, {{"out": "/opt/ml/processing/output"}}, dict(os.environ), None)
"""


class CountAtOnce:
    """A probe that needs no process."""

    def count_rows(self, path: Path) -> Future[int | None]:
        future: Future[int | None] = Future()
        future.set_result(path.read_text().count("\n") - 1)
        return future


def real_chain(home: Path, *names: str) -> Pipeline:
    """Each step copies the rows of the one before and adds its own name; ``hold-<name>`` keeps it from ending."""
    for name in names:
        script, text = home / f"{name}.py", SCRIPT.format(home=str(home), name=name)
        # A step of a front that was killed may be about to read it.
        if not script.exists() or script.read_text() != text:
            script.write_text(text)
    return chain(home, *names)


def real_session(
    pipeline: Pipeline,
    run_id: str | None = None,
    at_boundary: Callable[[str], None] | None = None,
    debugger: DebugSession | None = None,
    **options: Any,
) -> Session:
    """A session over the real executor, in a workspace beside the pipeline."""
    executor, debugger = LocalExecutor(), debugger or debugger_for_tests()
    if debugger is not None:
        executor.lend(Path(sys.executable), *debugger.lent())
    return Session(
        pipeline,
        resolve=resolver(pipeline),
        store=RunStore(open_workspace(pipeline.layout.root), at_boundary=at_boundary),
        executor=executor,
        probe=CountAtOnce(),
        options=RunOptions(python=Path(sys.executable), minimum_free_bytes=0, **options),
        run_id=run_id,
        debugger=debugger,
    )


def leave(session: Session) -> None:
    """End a session and give its workspace back."""
    session.quit().result(20)
    session._store.workspace.close()


def journal(home: Path) -> Counter[str]:
    """What the scripts say they did: ``"A began"``, ``"A ended"``, each with how often."""
    file = home / "journal"
    return Counter(file.read_text().splitlines()) if file.exists() else Counter()
