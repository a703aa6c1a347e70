"""Breakpoints that threads came to while another one stood: each gets its own stop, one after the other.

Pydevd suspends all threads together. One that it suspends on the line of a breakpoint has not looked at that yet, and
passes it by when all go on; of two that stop at the same moment it tells one.
"""

from __future__ import annotations

import _thread
import importlib
import time
from threading import Thread, current_thread
from types import FrameType
from typing import Any, Callable, Optional, Set, cast

STEP_SECONDS = 0.5
"""How long a step of another thread has to come to its next line, before a stop that is owed interrupts it."""
_module, _sleep, _now, _current_thread = importlib.import_module, time.sleep, time.monotonic, current_thread


class MissedStops:
    """Stops each thread that went by a breakpoint which nobody was shown.

    Args:
        debugger: Pydevd's, with whom threads wait.

    Attributes:
        told: Whose stop the front was told of, until all go on.
    """

    def __init__(self, debugger: Any) -> None:
        constants = _module("_pydevd_bundle.pydevd_comm_constants")
        self._suspended = _module("_pydevd_bundle.pydevd_constants").STATE_SUSPEND
        self._hit, self._in_passing = constants.CMD_SET_BREAK, constants.CMD_THREAD_SUSPEND
        self._debugger = debugger
        self._wait = debugger.do_wait_suspend
        self._condition, self._expression = debugger.handle_breakpoint_condition, debugger.handle_breakpoint_expression
        self.told: Optional[Thread] = None
        self._patient: Set[Thread] = set()
        """Those whose stop can be told later."""
        self._shown: Set[Thread] = set()
        self._looked: Set[Thread] = set()
        """Those that were suspended just while they looked at a breakpoint, and would not have stopped."""
        self._lock = _thread.allocate_lock()

    def watch(self) -> None:
        """Be asked wherever a thread waits, and told which of them are shown."""
        self._debugger.do_wait_suspend = self.wait
        self._debugger.handle_breakpoint_condition = self._looking(self._condition)
        self._debugger.handle_breakpoint_expression = self._looking(self._expression)
        behaviour = self._debugger._threads_suspended_single_notification
        made, own = type(behaviour), self
        lifecycle: Any = _module("_pydevd_bundle.pydevd_thread_lifecycle")
        resume, id_of = lifecycle.resume_threads, lifecycle.get_thread_id

        class Watched(made):  # type: ignore[misc, valid-type] # its class is known at runtime
            __slots__ = ()

            def send_suspend_notification(self, thread_id: str, thread: Thread, stop_reason: int) -> None:
                if own.told is None or thread not in own._patient:
                    own.told = thread
                    made.send_suspend_notification(self, thread_id, thread, stop_reason)

            def send_resume_notification(self, thread_id: str) -> None:
                if own.told is not None and id_of(own.told) != thread_id:
                    # Another one has stopped meanwhile, and would be taken to go on.
                    return
                # One that is still told of was let go a moment before that: nobody has seen it.
                own.told = None
                made.send_resume_notification(self, thread_id)

        def resume_threads(*given: Any, **named: Any) -> None:
            # None may stop while some are let go already, and others are not.
            with lifecycle.suspend_threads_lock:
                if own.told is not None:
                    own._shown.add(own.told)
                own.told = None
                resume(*given, **named)

        behaviour.__class__ = Watched
        for name in ("pydevd_api", "pydevd_comm"):
            vars(_module("_pydevd_bundle." + name))["resume_threads"] = resume_threads

    def wait(
        self, thread: Thread, frame: FrameType, event: str, arg: Any, exception_type: Optional[str] = None
    ) -> None:
        """What the debugger has a thread do that it suspends."""
        reason = getattr(thread, "stop_reason", None)
        if thread in self._looked and reason == self._in_passing:
            reason = None
        self._looked.discard(thread)
        self._shown.discard(thread)
        self._stand(event == "line" and reason == self._hit, thread, frame, event, arg, exception_type)
        if event != "line" or not self._is_owed(thread, frame, reason):
            return
        while thread not in self._shown and self._breakpoint(frame) is not None:
            self._let_others_step(thread)
            with self._lock:
                if _info_of(thread).pydev_state != self._suspended:
                    self._debugger.set_suspend(thread, self._hit)
            self._stand(True, thread, frame, event, arg, exception_type)

    def _stand(self, patient: bool, thread: Thread, frame: FrameType, *rest: Any) -> None:
        if patient and self._breakpoint(frame) is not None:
            self._patient.add(thread)
        try:
            self._wait(thread, frame, *rest)
        finally:
            self._patient.discard(thread)

    def _looking(self, look: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*given: Any) -> Any:
            answer = look(*given)
            thread = _current_thread()
            if _info_of(thread).pydev_state == self._suspended:
                # Its message is printed, its hit is counted: not once more.
                self._looked.add(thread)
            return answer

        return looked

    def _is_owed(self, thread: Thread, frame: FrameType, reason: Optional[int]) -> bool:
        """Whether it stood at a breakpoint that it would have stopped at by itself."""
        found = self._breakpoint(frame)
        if found is None or thread in self._shown:
            return False
        if reason != self._in_passing:
            return bool(reason == self._hit)
        info = _info_of(thread)
        if found.expression is not None:
            self._expression(found, info, frame)
        if found.has_condition and not self._condition(info, found, frame):
            return False
        return not found.is_logpoint

    def _breakpoint(self, frame: FrameType) -> Any:
        if self._debugger.pydb_disposed:
            return None
        names = _module("pydevd_file_utils").get_abs_path_real_path_and_base_from_frame(frame)
        return (self._debugger.breakpoints.get(names[1]) or {}).get(frame.f_lineno)

    def _let_others_step(self, thread: Thread) -> None:
        until = _now() + STEP_SECONDS
        while _now() < until and self._one_steps(thread):
            _sleep(0.005)

    def _one_steps(self, thread: Thread) -> bool:
        """Whether another thread was told to step, and is on its way."""
        if _info_of(thread).pydev_state == self._suspended:
            return False
        idle = (-1, self._in_passing)
        for each in _module("_pydevd_bundle.pydevd_utils").get_non_pydevd_threads():
            info: Any = getattr(each, "additional_info", None)
            if each is thread or info is None or info.pydev_state == self._suspended:
                continue
            if info.pydev_step_cmd not in idle:
                return True
        return False


def _info_of(thread: Thread) -> Any:
    """What pydevd keeps of a thread that it has suspended."""
    return cast(Any, thread).additional_info
