"""The step's debugger: pydevd, lent by the front and started only when somebody wants it, dials a socket of the front.

No process stands between: the front speaks the Debug Adapter Protocol with pydevd itself. What is taken from the
standard library here is taken when this module is imported, before any script that might replace it.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import socket
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from . import brief_values, other_threads
from .conditions import Conditions
from .evaluations import Evaluations
from .failure import is_worker
from .hold import Gate
from .hurry import quick_turns
from .lending import DebuggerUnusableError, lend
from .missed_stops import MissedStops
from .streams import move_high

END_SECONDS = 0.2
WORKER_FOLDER = os.path.dirname(os.path.abspath(__file__))
_START_PAUSE = 0.1
"""What pydevd sleeps to give its threads time to start; they need none."""
_module, _Socket, _Thread, _sleep, _now = (
    importlib.import_module,
    socket.socket,
    threading.Thread,
    time.sleep,
    time.monotonic,
)


class Debugger:
    """The debugger of one step, started at most once: pydevd leaves traces of a connection that ended in its caches.

    Args:
        log: Where pydevd writes what it would print to the step's stderr.
        send: Reports an event.
        patience: Seconds that the step stands and waits for the front at most, each time.
        mask: Hides the values of secrets in what is listed.
    """

    def __init__(self, log: str, send: Callable[..., None], patience: float, mask: Callable[[str], str] = str) -> None:
        self.go = Gate()
        """Opened by the front when its breakpoints are in force."""
        self.released = Gate()
        """Opened by the front to let a failed step show its frames."""
        self.failure: Optional[BaseException] = None
        """What the step is parked on."""
        self.evaluations = Evaluations()
        self.conditions = Conditions()
        self.patience = patience
        self._log = log
        self._send = send
        self._mask = mask
        self._is_starting = False
        self._was_started = False

    def alone(self) -> None:
        """The front is gone: nothing is waited for any more."""
        self.go.abandon()
        self.released.abandon()

    def start(self, order: Mapping[str, Any], *, late: bool) -> Dict[str, Any]:
        """Import it, dial the front and wait for its hand-shake; says how that went with a ``debugger`` event.

        Args:
            order: ``socket, token, lent, pycache`` of the job.
            late: Connect on a thread of its own, so that the caller, the agent, can go on answering.

        Returns:
            ``{python, compiled, monitoring}``, and ``already`` where it was started before.

        Raises:
            DebuggerUnusableError: It cannot be imported, or the front had it and let go.
        """
        if self._is_starting or self.attached:
            return dict(_facts(), already=True)
        if self.is_over:
            raise DebuggerUnusableError("its debugger was let go: the step can be debugged again when it is run again")
        self._is_starting = True
        try:
            lend(str(order["lent"]), str(order["pycache"]))
            facts = _facts()
            if late:
                # Where memory is limited, there may be no room for a thread.
                thread = _Thread(target=self._begin_late, args=(order,), name="cursus-tui", daemon=True)
                mark_as_ours(thread)
                thread.start()
        except BaseException:
            self._is_starting = False
            raise
        if not late:
            self._begin(order)
        return facts

    @property
    def attached(self) -> bool:
        """Whether the front is at the other end and has finished its hand-shake."""
        debugger = _global_debugger()
        if debugger is None or debugger.pydb_disposed:
            return False
        return bool(debugger.is_attached() and debugger.reader.is_alive())

    @property
    def is_over(self) -> bool:
        """Whether it was started and the front is gone: no other one can come."""
        return self._was_started and not self._is_starting and not self.attached

    def stop_here(self, frame: FrameType) -> None:
        """Stop on the next line of a frame of this thread."""
        pydevd = _module("pydevd")
        pydevd.settrace(suspend=True, trace_only_current_thread=True, patch_multiprocessing=False, stop_at_frame=frame)

    def stop_on(self, error: BaseException) -> None:
        """Stop on the line that raised; returns when the front lets the step go on."""
        trace = traceback_of_script(error)
        debugger = _global_debugger()
        if debugger is not None and trace is not None:
            debugger.trigger_exception_handler((type(error), error, trace))
            self.forget_step()

    def forget_step(self) -> None:
        """The script is over: a step that came to none of its lines would stop in what this worker calls."""
        if _global_debugger() is None:
            return
        with contextlib.suppress(Exception):
            lifecycle = _module("_pydevd_bundle.pydevd_thread_lifecycle")
            of_thread = _module("_pydevd_bundle.pydevd_additional_thread_info").set_additional_thread_info
            lifecycle.internal_run_thread(threading.current_thread(), of_thread)

    def end(self) -> None:
        """Stop debugging: main is over. Otherwise the process's exit would wait for pydevd's threads to end."""
        debugger = _global_debugger()
        if debugger is None:
            return
        with contextlib.suppress(Exception):
            atexit.unregister(_module("pydevd").stoptrace)
            connection = debugger._client_socket.dup()
            # Ends it, too: one that still runs when the interpreter waits for threads waits for all others.
            debugger.check_alive_thread.join(END_SECONDS)
            # What is still to be sent is: the answer to the last resume, say.
            debugger.writer.do_kill_pydev_thread()
            debugger.writer.join(END_SECONDS)
            debugger.dispose_and_kill_all_pydevd_threads(wait=False)
            connection.shutdown(socket.SHUT_RD)
            connection.close()

    def _begin_late(self, order: Mapping[str, Any]) -> None:
        with quick_turns():
            self._begin(order)

    def _begin(self, order: Mapping[str, Any]) -> None:
        attached, problem = False, ""
        try:
            self._connect(order)
            attached = self._wait_until_attached()
            if not attached:
                problem = "the front did not finish its hand-shake"
        except Exception as error:
            problem = "%s: %s" % (type(error).__name__, error)
        finally:
            if not attached:
                _let_go()
            self._is_starting = False
        self._send("debugger", attached=attached, error=problem)

    def _connect(self, order: Mapping[str, Any]) -> None:
        pydevd = _module("pydevd")
        pydevd.log_to(self._log, 0)
        brief_values.register(self._mask)
        self.evaluations.watch()
        self.conditions.watch()
        self._was_started = True
        os.register_at_fork(after_in_child=forget_in_fork)
        lent, token = str(order["lent"]), str(order["token"])
        with _dialling(pydevd, str(order["socket"])):
            pydevd.settrace(
                host="unix",
                port=0,
                suspend=False,
                patch_multiprocessing=False,
                notify_stdin=False,
                wait_for_ready_to_run=False,
                access_token=token,
                client_access_token=token,
                dont_trace_start_patterns=(lent, os.path.realpath(os.path.join(lent, "debugpy")), WORKER_FOLDER),
            )
        stops = MissedStops(_global_debugger())
        stops.watch()
        other_threads.register(lambda: stops.told)

    def _wait_until_attached(self) -> bool:
        # Our own wait: pydevd's has no end where the front dies in the hand-shake.
        until = _now() + self.patience
        while not self.attached:
            debugger = _global_debugger()
            if debugger is None or not debugger.reader.is_alive() or _now() > until:
                return False
            debugger.process_internal_commands()
            _sleep(0.005)
        return True


def forget_in_fork() -> None:
    """In a process that the script forked: no tracing, no breakpoints, no debugger. Never raises."""
    with contextlib.suppress(Exception):
        pydevd_constants = _module("_pydevd_bundle.pydevd_constants")
        # First this: until then sys.settrace is pydevd's, which complains.
        _module("pydevd_tracing").restore_sys_set_trace_func()
        if pydevd_constants.PYDEVD_USE_SYS_MONITORING:
            _stop_monitoring()
        else:
            sys.settrace(None)
            threading.settrace(None)
        holder = pydevd_constants.GlobalDebuggerHolder
        debugger, holder.global_dbg = holder.global_dbg, None
        if debugger is not None:
            debugger.created_pydb_daemon_threads = {}
            connection = getattr(debugger, "_client_socket", None)
            if connection is not None:
                connection.close()


def is_debugger(file: str) -> bool:
    """Whether a file is the debugger's, where there is one."""
    pydevd = sys.modules.get("pydevd")
    return pydevd is not None and file.startswith(os.path.dirname(str(pydevd.__file__)) + os.sep)


def mark_as_ours(thread: threading.Thread) -> None:
    """Let the debugger neither trace nor stop nor list a thread."""
    vars(thread).update(pydev_do_not_trace=True, is_pydev_daemon_thread=True)


def traceback_of_script(error: BaseException) -> Any:
    """An exception's traceback without the worker's frames that come first; None where there are no others."""
    trace = error.__traceback__
    while trace is not None and is_worker(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def frames_of_script(error: BaseException) -> List[FrameType]:
    """Frames in which an exception was raised, innermost first."""
    frames, trace = [], traceback_of_script(error)
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames[::-1]


def _global_debugger() -> Any:
    constants = sys.modules.get("_pydevd_bundle.pydevd_constants")
    return constants.get_global_debugger() if constants is not None else None


def _facts() -> Dict[str, Any]:
    constants = sys.modules.get("_pydevd_bundle.pydevd_constants")
    return {
        "python": sys.version.split()[0],
        "compiled": "_pydevd_bundle.pydevd_cython" in sys.modules,
        "monitoring": bool(getattr(constants, "PYDEVD_USE_SYS_MONITORING", False)),
    }


def _let_go() -> None:
    with contextlib.suppress(Exception):
        _module("pydevd").stoptrace()


def _stop_monitoring() -> None:
    monitoring = getattr(sys, "monitoring")  # noqa: B009 - from Python 3.12 on
    if monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        monitoring.set_events(monitoring.DEBUGGER_ID, 0)
        monitoring.free_tool_id(monitoring.DEBUGGER_ID)


class _Hurried:
    """The ``time`` module without the pause that pydevd makes after its start."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        if seconds != _START_PAUSE:
            _sleep(seconds)


@contextlib.contextmanager
def _dialling(pydevd: Any, path: str) -> Iterator[None]:
    """Make pydevd connect to a Unix socket: such a path leads out of the step's private network, too."""

    def connected(host: str, port: int) -> socket.socket:
        dialled = _Socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            dialled.connect(path)
        except OSError:
            dialled.close()
            raise
        return _Socket(fileno=move_high(dialled.detach()))

    before = pydevd.start_client, pydevd.time
    pydevd.start_client, pydevd.time = connected, _Hurried()
    try:
        yield
    finally:
        pydevd.start_client, pydevd.time = before
