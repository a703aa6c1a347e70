"""Standing still: at a gate that the front opens, and on an exception with its frames alive."""

from __future__ import annotations

import _thread
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from .debugger import Debugger


class Gate:
    """A thread waits at it until another one opens it. Made of what no script can replace; SIGINT ends the wait."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()
        self._is_abandoned = False

    def close(self) -> None:
        """Forget an opening that nobody waited for."""
        self._lock.acquire(False)

    def open(self) -> None:
        """Let whoever waits go on; the next one waits again."""
        try:
            self._lock.release()
        except RuntimeError:
            # It is open.
            return

    def abandon(self) -> None:
        """Nobody is left to open it: whoever waits goes on, and nobody waits again."""
        self._is_abandoned = True
        self.open()

    def wait(self, seconds: float) -> bool:
        """Wait for its opening; False where none came in time."""
        return not self._is_abandoned and self._lock.acquire(True, seconds) and not self._is_abandoned


def park(send: Callable[..., None], debugger: "Debugger", error: BaseException) -> None:
    """Stand still on an exception that was reported, until the front lets go.

    Args:
        send: Reports an event.
        debugger: Shows the frames, once the front has it started.
        error: Its traceback keeps the frames alive.
    """
    debugger.failure = error
    debugger.released.close()
    try:
        send("parked", type=type(error).__name__)
        if debugger.released.wait(debugger.patience) and debugger.attached:
            debugger.stop_on(error)
    except KeyboardInterrupt:
        # Cancelled while it stood: nothing is left to interrupt.
        pass
    except Exception as problem:
        send("notice", message="the failure cannot be looked into: %s: %s" % (type(problem).__name__, problem))
    finally:
        debugger.failure = None
    send("unparked")
