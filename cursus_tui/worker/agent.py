"""A thread inside of the step that answers the front while ``main`` runs: stacks, live data, debugging."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from types import FrameType
from typing import Any, Callable, Dict, List, Optional

from .channel import EventSender, LineReader
from .debugger import Debugger, frames_of_script, is_debugger, mark_as_ours
from .failure import FailureReporter, is_worker
from .hurry import quick_turns
from .kernel import allow_tracer
from .lending import DebuggerUnusableError

Operation = Callable[["Agent", Dict[str, Any]], Any]
_current_thread: Callable[[], threading.Thread] = threading.current_thread
"""Kept from before any script runs."""
MOST_FRAMES = 100
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

    Started with ``_thread``: it shows up in nobody's ``threading.enumerate()``, and costs no start-up hand-shake. Where
    there is a debugger, that would take it for a thread of the script's: then it is registered, and marked.
    """

    def __init__(self, sender: EventSender, failures: FailureReporter, debugger: Debugger) -> None:
        self.failures = failures
        self.debugger = debugger
        self.main_thread = threading.get_ident()
        self._sender = sender

    def start(self) -> None:
        """Answer from now on, until the socket closes."""
        _thread.start_new_thread(self._serve, ())

    def start_marked(self) -> None:
        """The same, where the debugger is about to start: returns once the thread is marked."""
        marked = _thread.allocate_lock()
        marked.acquire()

        def mark_and_serve() -> None:
            mark_as_ours(_current_thread())
            marked.release()
            self._serve()

        _thread.start_new_thread(mark_and_serve, ())
        marked.acquire()

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
        with quick_turns():
            try:
                operation: Operation = OPERATIONS.get(str(request.get("op")), no_such_request)
                answer = operation(self, request.get("args") or {})
                self._sender.send("reply", id=request.get("id"), ok=True, body=answer)
            except BaseException as error:
                text = str(error)
                if not isinstance(error, DebuggerUnusableError):
                    text = "%s: %s" % (type(error).__name__, text)
                self._sender.send("reply", id=request.get("id"), ok=False, error=text)


def no_such_request(agent: Agent, arguments: Dict[str, Any]) -> Any:
    """What answers all other names."""
    raise LookupError("no such request")


@operation("stack")
def stack(agent: Agent, arguments: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Frames of the main thread, outermost first; ``locals: false`` leaves variables out."""
    frames = [
        agent.failures.frame(frame, frame.f_lineno, bool(arguments.get("locals", True))) for frame in running(agent)
    ]
    return list(reversed(frames))


def running(agent: Agent) -> List[FrameType]:
    """Frames of the main thread, innermost first, without ours and those of a debugger that holds it."""
    frame = sys._current_frames().get(agent.main_thread)
    frames: List[FrameType] = []
    while frame is not None and len(frames) < MOST_FRAMES:
        if is_debugger(frame.f_code.co_filename):
            # What it called, to wait, is not the script's either.
            frames.clear()
        elif not is_worker(frame.f_code.co_filename):
            frames.append(frame)
        frame = frame.f_back
    return frames


@operation("peek")
def peek(agent: Agent, arguments: Dict[str, Any]) -> Dict[str, Any]:
    """A sample: rows of a value while the step runs, written to a file, or ``{error}``; see :mod:`live`.

    ``expression`` is evaluated where the script's own code is just now, or where it failed.
    """
    from .live import described

    failed = agent.debugger.failure
    frames = running(agent) if failed is None else frames_of_script(failed)
    frame = next((each for each in frames if agent.failures.is_user(each.f_code.co_filename)), None)
    if frame is None:
        return {"error": "no code of the script's runs just now"}
    try:
        value = eval(str(arguments["expression"]).strip(), frame.f_globals, frame.f_locals)
    except BaseException as error:  # whatever the script's own code raises
        return {"error": "%s: %s" % (type(error).__name__, error)}
    where = {"function": frame.f_code.co_name, "line": frame.f_lineno}
    first, rows = int(arguments.get("first") or 0), int(arguments.get("rows") or 1000)
    return dict(described(value, str(arguments["path"]), first, rows), **where)


@operation("debug")
def debug(agent: Agent, arguments: Dict[str, Any]) -> Dict[str, Any]:
    """Start the debugger, as ``socket, token, lent, pycache`` say; a ``debugger`` event tells when it is attached."""
    mark_as_ours(_current_thread())
    return agent.debugger.start(arguments, late=True)


@operation("go")
def go(agent: Agent, arguments: Dict[str, Any]) -> None:
    """Breakpoints are in force: a step that waits before its ``main``, or at ``breakpoint()``, goes on."""
    agent.debugger.go.open()


@operation("release")
def release(agent: Agent, arguments: Dict[str, Any]) -> None:
    """A parked step goes on: into its debugger where that is attached, else to its end."""
    agent.debugger.released.open()


@operation("alone")
def alone(agent: Agent, arguments: Dict[str, Any]) -> None:
    """The front is gone: a step that waits for it goes on, and waits no more."""
    agent.debugger.alone()


@operation("end_evaluation")
def end_evaluation(agent: Agent, arguments: Dict[str, Any]) -> bool:
    """End what the debugger computes for the front; False where that is nothing."""
    return agent.debugger.evaluations.end()


@operation("condition")
def condition(agent: Agent, arguments: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """``{file, line, seconds}``: the breakpoint whose condition is computed for longest; None where none is."""
    return agent.debugger.conditions.longest()


@operation("end_condition")
def end_condition(agent: Agent, arguments: Dict[str, Any]) -> bool:
    """Stop at the breakpoints whose conditions are computed; False where there is none."""
    return agent.debugger.conditions.end()


@operation("allow_tracer")
def permit_tracer(agent: Agent, arguments: Dict[str, Any]) -> bool:
    """Let a profiler of the front's look into this process; False where the kernel has no such thing."""
    return allow_tracer(int(arguments["pid"]))
