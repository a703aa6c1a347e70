"""Values of threads that are inside of a call while another one is stopped: a main that waits for its pool, say.

Pydevd shows the frames of such a thread, but no values: it only asks a thread that has come to a stop itself. Here the
one that is stopped answers for it, as it does in pydevd for coroutines.
"""

from __future__ import annotations

import contextlib
import importlib
from threading import Thread
from typing import Any, Callable, Iterator, Optional

_TAKEN = "_cursus_tui_taken_on"
"""On a tracker of pydevd's: ids of the frames that it answers for."""


def register(told: Callable[[], Optional[Thread]]) -> None:
    """Let pydevd, which has been imported, do so. Where a version of it works in another way, it stays as it was.

    Args:
        told: The thread of the stop that the front knows. Of the others that stand, one may be about to go on, or be
            suspended while it starts, and would never answer.
    """
    suspended = importlib.import_module("_pydevd_bundle.pydevd_suspended_frames")
    tracker, factory = suspended._FramesTracker, _factory()
    if hasattr(tracker, _TAKEN):
        return
    setattr(tracker, _TAKEN, ())
    listed, forgotten = factory.make_get_thread_stack_message, tracker.untrack_all

    def make_get_thread_stack_message(
        self: Any, py_db: Any, seq: int, thread_id: str, topmost_frame: Any, *arguments: Any, **options: Any
    ) -> Any:
        message = listed(self, py_db, seq, thread_id, topmost_frame, *arguments, **options)
        # None: it is still hoped that the thread stops.
        if message is not None and topmost_frame is not None:
            # Where it fails, its values cannot be looked at, as without us.
            with contextlib.suppress(Exception):
                _take_on(py_db.suspended_frames_manager, told(), thread_id, topmost_frame, suspended._FrameVariable)
        return message

    def untrack_all(self: Any) -> None:
        _let_go(self)
        forgotten(self)

    factory.make_get_thread_stack_message = make_get_thread_stack_message
    tracker.untrack_all = untrack_all


def _factory() -> Any:
    return importlib.import_module("_pydevd_bundle.pydevd_net_command_factory_json").NetCommandFactoryJson


def _take_on(manager: Any, told: Optional[Thread], thread_id: str, topmost: Any, variable: Any) -> None:
    """Let the thread that is stopped answer for the frames of one that is not."""
    if told is None or manager.get_frame_tracker(thread_id) is not None:
        return
    id_of = importlib.import_module("_pydevd_bundle.pydevd_constants").get_thread_id
    tracker = manager.get_frame_tracker(id_of(told))
    if tracker is None:
        return
    with tracker._lock:
        stopped = tracker.get_main_thread_id()
        if stopped is None:
            return
        taken = set(getattr(tracker, _TAKEN))
        for frame in _callers(topmost):
            number = id(frame)
            if number not in manager._variable_reference_to_frames_tracker:
                variable(tracker.py_db, frame, tracker._register_variable)
                tracker._frame_id_to_frame[number] = frame
                tracker._frame_id_to_main_thread_id[number] = stopped
                manager._variable_reference_to_frames_tracker[number] = tracker
                taken.add(number)
        setattr(tracker, _TAKEN, frozenset(taken))


def _let_go(tracker: Any) -> None:
    """Its thread goes on. A thread that it answered for may have stopped meanwhile, and answers for itself."""
    with tracker._lock:
        manager = tracker._suspended_frames_manager
        for number in getattr(tracker, _TAKEN):
            tracker._frame_id_to_frame.pop(number, None)
            if manager is not None and manager._variable_reference_to_frames_tracker.get(number) is tracker:
                manager._variable_reference_to_frames_tracker.pop(number, None)
        setattr(tracker, _TAKEN, ())


def _callers(frame: Any) -> Iterator[Any]:
    while frame is not None:
        yield frame
        frame = frame.f_back
