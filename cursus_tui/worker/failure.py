"""Exceptions as plain data: the chain, its frames, the source lines, and what the variables held."""

from __future__ import annotations

import linecache
import os
import sys
from types import FrameType, TracebackType
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from .masking import MASK, Masker, is_secret_name
from .summaries import one_line

MAX_FRAMES = 40
MAX_FRAMES_WITH_LOCALS = 12
MAX_LOCALS = 50
MAX_CHAIN = 8
MAX_MESSAGE = 4000
_WORKER_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class FailureReporter:
    """Turns exceptions into plain data.

    Args:
        is_user: Whether a file belongs to the script's project.
        masker: Hides secrets in messages and values.
    """

    def __init__(self, is_user: Callable[[str], bool], masker: Masker) -> None:
        self.is_user = is_user
        self._masker = masker

    def chain(self, error: BaseException) -> List[Dict[str, Any]]:
        """The exception, then what caused it, nearest first; each as ``{type, message, file, line, frames}``."""
        found: List[Dict[str, Any]] = []
        seen = set()
        current: Optional[BaseException] = error
        while current is not None and id(current) not in seen and len(found) < MAX_CHAIN:
            seen.add(id(current))
            found.append(self._one(current))
            cause = _own(current, "__cause__")
            current = None if cause is None and _own(current, "__suppress_context__") else raised_from(current)
        return found

    def frame(self, frame: FrameType, line: int, with_locals: bool) -> Dict[str, Any]:
        """One frame as ``{file, line, function, user, source, locals}``."""
        code = frame.f_code
        user = self.is_user(code.co_filename)
        data: Dict[str, Any] = {
            "file": code.co_filename,
            "line": line,
            "function": getattr(code, "co_qualname", code.co_name),
            "user": user,
            "source": self._masker.text(linecache.getline(code.co_filename, line, frame.f_globals).strip()[:500]),
        }
        if user and with_locals:
            data["locals"] = self.locals(frame)
        return data

    def locals(self, frame: FrameType) -> Dict[str, str]:
        """Summaries of a frame's variables, without secrets, dunder names and the ``.0`` of a comprehension."""
        shown = [(name, value) for name, value in frame.f_locals.items() if not name.startswith(("__", "."))]
        return {
            name: MASK if is_secret_name(name) and isinstance(value, str) else self.summary(value)
            for name, value in shown[:MAX_LOCALS]
        }

    def summary(self, value: Any) -> str:
        """One line about a value, without secrets."""
        return self._masker.text(one_line(value))

    def _one(self, error: BaseException) -> Dict[str, Any]:
        steps = [
            step for step in _steps(_own(error, "__traceback__")) if not is_worker(step.tb_frame.f_code.co_filename)
        ]
        if isinstance(error, RecursionError):
            steps = _without_tracing(steps)
        trimmed, skipped = _trim(steps)
        with_locals = {id(step) for step in trimmed[-MAX_FRAMES_WITH_LOCALS:]}
        frames = []
        for step in trimmed:
            frame = self.frame(step.tb_frame, step.tb_lineno, id(step) in with_locals)
            frame["column"], frame["end_column"] = _columns(step)
            frames.append(frame)
        if isinstance(error, SyntaxError) and error.filename:
            frames.append(self._syntax_error_frame(error))
        place = next((frame for frame in reversed(frames) if frame["user"]), frames[-1] if frames else {})
        if not frames and isinstance(error, OSError) and isinstance(error.filename, str):
            # Raised by us, before any code of the script's ran: it could not be read.
            place = {"file": error.filename}
        return {
            "type": type(error).__name__,
            "message": self._message(error),
            "file": place.get("file"),
            "line": place.get("line"),
            "frames": frames,
            "skipped": skipped,
        }

    def _syntax_error_frame(self, error: SyntaxError) -> Dict[str, Any]:
        file = str(error.filename)
        source = (error.text or "").strip()[:500]
        return {
            "file": file,
            "line": error.lineno or 1,
            "function": "<source>",
            "user": self.is_user(file),
            "source": self._masker.text(source),
        }

    def _message(self, error: BaseException) -> str:
        try:
            message = str(error)
        except BaseException as problem:
            message = "<its message cannot be shown: %s>" % type(problem).__name__
        try:
            message += "".join(_additions(error))
        except BaseException as problem:
            message += "\n<its notes cannot be shown: %s>" % type(problem).__name__
        return self._masker.text(message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…")


def raised_from(error: BaseException) -> Optional[BaseException]:
    """Its cause, or else what was being handled when it was raised, even where ``from None`` hides that."""
    cause: Optional[BaseException] = _own(error, "__cause__") or _own(error, "__context__")
    return cause


def _own(error: BaseException, name: str) -> Any:
    """An attribute as the interpreter sees it: a class of the script's may answer for it with anything."""
    return getattr(BaseException, name).__get__(error)


def _additions(error: BaseException) -> Iterator[str]:
    """Its notes, and the members of a group. Other libraries use these names for things of their own."""
    notes = getattr(error, "__notes__", None)
    for note in notes if isinstance(notes, (list, tuple)) else ():
        yield "\n%s" % (note,)
    parts = getattr(error, "exceptions", None)
    for part in parts[:5] if isinstance(parts, (list, tuple)) else ():
        if isinstance(part, BaseException):
            yield "\n- %s: %s" % (type(part).__name__, one_line(part))


def is_worker(file: str) -> bool:
    """Whether a file is ours: our frames are no part of a script's traceback."""
    return file.startswith(_WORKER_FOLDER)


def _steps(traceback: Optional[TracebackType]) -> List[TracebackType]:
    found = []
    while traceback is not None:
        found.append(traceback)
        traceback = traceback.tb_next
    return found


def _without_tracing(steps: List[TracebackType]) -> List[TracebackType]:
    """A recursion that ends in the debugger's code ends for the script in the call that was too deep.

    The debugger looks at each function as it is entered: the innermost one has not begun, and stands on its ``def``.
    """
    deepest = len(steps)
    while deepest and "pydevd" in steps[deepest - 1].tb_frame.f_code.co_filename:
        deepest -= 1
    if 1 < deepest < len(steps):
        entered = steps[deepest - 1].tb_frame
        if steps[deepest - 1].tb_lineno == entered.f_code.co_firstlineno:
            while deepest > 1 and steps[deepest - 1].tb_frame is entered:
                deepest -= 1
    return steps[:deepest] or steps


def _trim(steps: List[TracebackType]) -> Tuple[List[TracebackType], int]:
    """A recursion's thousand frames say no more than its first and last ones."""
    if len(steps) <= MAX_FRAMES:
        return steps, 0
    return steps[:10] + steps[10 - MAX_FRAMES :], len(steps) - MAX_FRAMES


def _columns(step: TracebackType) -> Tuple[Optional[int], Optional[int]]:
    """Columns of the expression that raised, where this Python keeps them (3.11 and newer)."""
    if sys.version_info < (3, 11) or step.tb_lasti < 0:
        return None, None
    for index, (_, _, start, end) in enumerate(step.tb_frame.f_code.co_positions()):
        if index == step.tb_lasti // 2:
            return start, end
    return None, None
