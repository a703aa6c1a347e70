"""How a session ends while a step runs, is stopped inside, or is held on what it raised."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cursus_tui.execution import inside_step
from cursus_tui.execution import session_commands as commands
from cursus_tui.execution.position import LiveStep
from cursus_tui.execution.run_control import RunControl

if TYPE_CHECKING:
    from cursus_tui.execution.session_loop import SessionLoop

FAIL_SECONDS = 5.0
"""How long a held step may take to fail, its ``finally`` blocks included, before it is cancelled."""


def begin_quit(run: RunControl, loop: SessionLoop, keep_running: bool) -> None:
    """End the run where it stands; what runs is cancelled and waited for, or goes on by itself.

    A step that is held on what it raised ends as what it is: failed, its traceback kept.

    Args:
        run: The run.
        loop: Ends once all of it is stored.
        keep_running: Leave the running step to itself.
    """
    live = run.at.live
    if live is None or keep_running or loop.has_unstored:
        if live is None and not run.at.read_only:
            run.leave()
        # Nobody holds it any more.
        inside_step.goes_on(run)
        run.after_commit(lambda: loop.stop(keep_running))
        return

    def ended() -> None:
        run.leave()
        run.after_commit(lambda: loop.stop(keep_running=False))

    run.quitting = ended
    if run.at.held:
        _let_fail(run, live)
    else:
        commands.cancel(run)


def _let_fail(run: RunControl, live: LiveStep) -> None:
    inside_step.let_fail(run)
    process = live.process
    if process is not None:
        limit = threading.Timer(FAIL_SECONDS, process.cancel)
        limit.daemon = True
        process.result.add_done_callback(lambda _: limit.cancel())
        run.after_commit(limit.start)
