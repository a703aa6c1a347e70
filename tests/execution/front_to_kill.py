"""A front that tests kill: runs a chain of real steps, and writes down what it showed as passed.

Usage: front_to_kill.py HOME BOUNDARY RUN STEP...
BOUNDARY is at which boundary of a store transaction it kills itself (0 for the first); -1 for never. RUN is what it
resumes; empty for a new run.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from real_steps import real_chain, real_session

from cursus_tui.records.events import StepChanged
from cursus_tui.records.run import Phase, StepStatus


def main(home: Path, boundary: int, run_id: str, names: list[str]) -> None:
    passed = 0

    def at_boundary(name: str) -> None:
        nonlocal passed
        if passed == boundary:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    shown = os.open(home / "shown", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def show(event: object) -> None:
        if isinstance(event, StepChanged):
            state = event.state.steps[event.step]
            if state.status is StepStatus.PASSED and state.attempt is not None:
                os.write(shown, f"{event.step} {state.attempt.number}\n".encode())

    session = real_session(real_chain(home, *names), run_id or None, at_boundary)
    session.subscribe(show)
    session.start().result()
    if session.wait_settled().phase is not Phase.FINISHED:
        session.continue_().result()
        session.wait_settled()
    session.quit().result()
    (home / "boundaries").write_text(str(passed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
