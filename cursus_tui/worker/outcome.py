"""How an attempt ended, put together by the zygote from the step's own reports and the way its process ended."""

from __future__ import annotations

import errno
import os
import re
import signal
from typing import Any, Callable, Dict, List, Optional

from .channel import Json, encode

VERSION = 1
_FAULT_HEAD = b"Fatal Python error: "
_FAULT_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_REASONS = {
    "timeout": "it ran longer than its time limit",
    "memory": "it used more memory than its limit",
}


class AttemptReport:
    """Collects what a step reports. ``take`` each event, then ask for the ``outcome``.

    Args:
        started: Unix time.
        is_user: Whether a file belongs to the script's project.
    """

    def __init__(self, started: float, is_user: Callable[[str], bool] = lambda file: False) -> None:
        self.started = started
        self._is_user = is_user
        self.returned_from_main = False
        self.finishing = False
        self._values: Json = {}
        self._lists: Dict[str, List[Json]] = {"blocked": [], "overrides": []}
        self._chain: Optional[List[Json]] = None
        self._exit: Optional[Json] = None
        self.interrupted = False
        self._interrupted_at: Optional[List[Json]] = None

    def take(self, event: Json) -> None:
        """Note one event of the step."""
        name = event.get("event")
        fields = {key: value for key, value in event.items() if key not in ("event", "time")}
        if name == "called":
            self._values["call"] = fields
        elif name == "imported":
            self._values["import_seconds"] = fields.get("seconds")
        elif name == "result":
            self.returned_from_main = True
            self._values.update(main_seconds=fields.get("main_seconds"), returned=fields.get("returned") or {})
        elif name == "packed":
            self._values["pack_seconds"] = fields.get("seconds")
        elif name == "modules":
            self._values.update(imported_files=fields.get("files") or [], libraries=fields.get("libraries") or {})
        elif name in ("blocked", "override"):
            self._lists["blocked" if name == "blocked" else "overrides"].append(fields)
        elif name == "exception":
            self._chain = _chain_of(fields)
            self._values["main_seconds"] = fields.get("main_seconds")
        elif name == "sysexit":
            self._exit = dict(fields, chain=_chain_of(fields))
        elif name == "cancelled":
            self.interrupted = True
            self._interrupted_at = _chain_of(fields)
        elif name == "finishing":
            self.finishing = True

    def outcome(self, exit_code: Optional[int], reason: Optional[str], stderr_tail: bytes = b"", **more: Any) -> Json:
        """The content of ``outcome.json``.

        Args:
            exit_code: Of the process; negative for a signal.
            reason: Why it stopped (``cancelled``, ``timeout``, ``memory``), if it was asked to.
            stderr_tail: The end of its stderr, where faulthandler leaves a crash's stack.
            more: Further fields: ``ended``, ``held_seconds``, ``orphans``, ``guard``, and what it used of the machine.
        """
        status, error = self._verdict(exit_code, reason, stderr_tail)
        return dict(
            self._values,
            version=VERSION,
            status=status,
            exit_code=exit_code,
            error=error,
            started=self.started,
            **self._lists,
            **more,
        )

    def _verdict(
        self, exit_code: Optional[int], reason: Optional[str], stderr_tail: bytes
    ) -> "tuple[str, Json | None]":
        if reason in _REASONS:
            return "failed", dict(self._last_place(), type=reason, message=_REASONS[reason])
        if reason is not None:
            return "cancelled", None
        if exit_code == 0 or (self.finishing and exit_code is not None and exit_code < 0 and not self._failed()):
            return "passed", None
        chain = self._chain or self._interrupted_at
        if chain:
            return "failed", _error_of_chain(chain)
        if self._exit is not None:
            return "failed", _error_of_exit(self._exit)
        if exit_code is not None and exit_code < 0:
            return "failed", _error_of_signal(-exit_code, crash_frames(stderr_tail, self._is_user))
        text = "the process ended by itself with code %s before main returned (os._exit, or a library)" % exit_code
        return "failed", {"type": "exit", "message": text}

    def _failed(self) -> bool:
        return self.interrupted or self._chain is not None or (self._exit or {}).get("code") not in (None, 0)

    def _last_place(self) -> Json:
        """Where it was when it was told to stop."""
        chain = self._chain or self._interrupted_at
        return _error_of_chain(chain) if chain else {}


def _chain_of(fields: Json) -> Optional[List[Json]]:
    """The chain of an event, as far as it has the shape of one: a script may have written it."""
    chain = fields.get("chain")
    links = [link for link in chain if isinstance(link, dict)] if isinstance(chain, list) else []
    return links or None


def _error_of_chain(chain: List[Json]) -> Json:
    return dict(chain[0], causes=chain[1:])


def _error_of_exit(exit_event: Json) -> Json:
    chain = exit_event.get("chain") or [{}]
    # Without a text of its own, what it came from says why: argparse's complaint about an argument, say.
    message = exit_event.get("message") or next((cause.get("message") for cause in chain[1:]), None)
    text = "sys.exit(%s)" % exit_event.get("code") + (": %s" % message if message else "")
    return dict(chain[0], type="exit", message=text, causes=chain[1:])


def _error_of_signal(number: int, frames: List[Json]) -> Json:
    try:
        name = signal.Signals(number).name
        text = "%s (%s)" % (name, signal.strsignal(number))
    except ValueError:
        text = "signal %d" % number
    error: Json = {"type": "signal", "message": "the process was killed by %s" % text}
    if number == signal.SIGKILL:
        error["hint"] = "nobody here sent it: often it is the kernel, when memory runs out (see the memory curve)"
    if frames:
        place = next((frame for frame in reversed(frames) if frame["user"]), frames[-1])
        error.update(frames=frames, file=place["file"], line=place["line"])
    return error


def crash_frames(stderr_tail: bytes, is_user: Callable[[str], bool] = lambda file: False) -> List[Json]:
    """Frames of a faulthandler dump, outermost first; none where there is no dump."""
    start = stderr_tail.rfind(_FAULT_HEAD)
    if start < 0:
        return []
    text = stderr_tail[start:].decode("utf-8", "replace")
    worker = os.path.dirname(os.path.abspath(__file__))
    return [
        {"file": file, "line": int(line), "function": function, "user": is_user(file)}
        for file, line, function in reversed(_FAULT_FRAME.findall(text))
        if not file.startswith((worker, "<frozen"))
    ]


def write_once(path: str, content: Json) -> None:
    """Write JSON into a file that must not exist yet: of two that try, one wins.

    Raises:
        FileExistsError: The other was first.
        OSError: It cannot be written.
    """
    _write_whole(path, content, os.O_EXCL)


def write_atomically(path: str, content: Json) -> None:
    """Write JSON so that a reader finds all of it or nothing, and is the file's owner."""
    temporary = path + ".tmp"
    _write_whole(temporary, content, os.O_TRUNC)
    os.replace(temporary, path)


def _write_whole(path: str, content: Json, how: int) -> None:
    data = encode(content)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    finally:
        os.close(descriptor)
