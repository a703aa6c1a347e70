"""A thread inside of the step that answers the front while ``main`` runs: stacks now, live data and debugging later."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from typing import Any, Callable, Dict, List

from .channel import EventSender, LineReader
from .failure import FailureReporter, is_worker

Operation = Callable[["Agent", Dict[str, Any]], Any]
OPERATIONS: Dict[str, Operation] = {}
"""Name of a request -> what answers it. Register with :func:`operation`."""


def operation(name: str) -> Callable[[Operation], Operation]:
    """Register a function as the answer to requests of this name."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


class Agent:
    """Reads requests ``{id, op, args}`` from the control socket and sends ``reply`` events.

    Started with ``_thread``: it shows up in nobody's ``threading.enumerate()``, costs no start-up hand-shake, and is
    traced by no debugger.
    """

    def __init__(self, sender: EventSender, failures: FailureReporter) -> None:
        self.failures = failures
        self.main_thread = threading.get_ident()
        self._sender = sender

    def start(self) -> None:
        """Answer from now on, until the socket closes."""
        _thread.start_new_thread(self._serve, ())

    def _serve(self) -> None:
        reader = LineReader()
        while True:
            try:
                data = os.read(self._sender.descriptor, 65536)
            except OSError:
                return
            if not data:
                return
            for request in reader.feed(data):
                self._answer(request)

    def _answer(self, request: Dict[str, Any]) -> None:
        interval = sys.getswitchinterval()
        # A busy main thread would let us wait 5 ms for each of our own steps.
        sys.setswitchinterval(0.0005)
        try:
            answer = OPERATIONS[request["op"]](self, request.get("args") or {})
            self._sender.send("reply", id=request.get("id"), ok=True, body=answer)
        except KeyError as error:
            self._sender.send("reply", id=request.get("id"), ok=False, error="no such request: %s" % error)
        except BaseException as error:
            text = "%s: %s" % (type(error).__name__, error)
            self._sender.send("reply", id=request.get("id"), ok=False, error=text)
        finally:
            sys.setswitchinterval(interval)


@operation("ping")
def ping(agent: Agent, arguments: Dict[str, Any]) -> str:
    """Answer that the step is alive."""
    return "pong"


@operation("stack")
def stack(agent: Agent, arguments: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Frames of the main thread, outermost first; ``locals: false`` leaves variables out."""
    frame = sys._current_frames().get(agent.main_thread)
    frames: List[Dict[str, Any]] = []
    while frame is not None and len(frames) < 100:
        if not is_worker(frame.f_code.co_filename):
            frames.append(agent.failures.frame(frame, frame.f_lineno, bool(arguments.get("locals", True))))
        frame = frame.f_back
    return list(reversed(frames))
