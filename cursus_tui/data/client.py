"""The front's side of the data process. Imports no library that parses data."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar, cast

from cursus_tui.data.frames import BrokenStreamError, encode, read_frame
from cursus_tui.data.results import DataError, FullCell, Record, TableInfo, Window, record, table_info, window
from cursus_tui.data.table_view import TableView
from cursus_tui.text import safe

Result = TypeVar("Result")
MEMORY_LIMIT = 1 << 30
_STDERR_TAIL = 2000


@dataclass(slots=True)
class _Request:
    future: Future[Any]
    read: Callable[[Any], Any]
    """Makes a result of the answer's JSON."""


@dataclass(slots=True)
class _OpenView:
    path: Path
    info: TableInfo | None = None
    changed: Callable[[TableInfo], None] | None = None


@dataclass(slots=True)
class _Process:
    """One life of the data process. Answers of an earlier life can not be mistaken for answers of this one."""

    popen: subprocess.Popen[bytes]
    stderr: IO[bytes]
    requests: dict[int, _Request] = field(default_factory=dict)
    views: set[int] = field(default_factory=set)
    """What this life has open."""
    gone: bool = False


class DataClient:
    """Asks the data process, and starts it when there is something to ask. Safe to use from any thread.

    Every request gives a future. Its callbacks run on the client's reader thread. ``future.cancel()`` stops the work.
    When the process dies, every future under way fails with ``DataError``; the next request starts it anew, and
    views that were open then are opened again by themselves.

    Args:
        cache_folder: Where DuckDB may spill to disk; without one it does not.
        memory_limit: Bytes that DuckDB may use.
    """

    def __init__(self, cache_folder: Path | None = None, *, memory_limit: int = MEMORY_LIMIT) -> None:
        self._cache_folder = cache_folder
        self._memory_limit = memory_limit
        self._lock = threading.RLock()
        self._process: _Process | None = None
        self._views: dict[int, _OpenView] = {}
        self._numbers = itertools.count(1)
        self._closed = False

    def __enter__(self) -> DataClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def count_rows(self, path: Path) -> Future[int | None]:
        """Rows of a table file, counted to its end; None where it is not a table."""
        return self._ask("count_rows", {"path": str(path.absolute())}, lambda answer: cast("int | None", answer))

    def open(self, path: Path, changed: Callable[[TableInfo], None] | None = None) -> Future[TableInfo]:
        """Open a file. The first page can be had at once; text files are counted on in the background.

        Args:
            path: Any file.
            changed: Called on the client's reader thread as more is known: rows, bad rows, late columns, notes.
        """
        number = next(self._numbers)
        view = _OpenView(path.absolute(), changed=changed)
        with self._lock:
            self._views[number] = view
        return self._open(number, view)

    def table(self, path: Path) -> Future[TableView]:
        """Open a file as something that a grid can show."""
        opened: Future[TableView] = Future()
        view = TableView(self)

        def done(future: Future[TableInfo]) -> None:
            error = future.exception()
            if not opened.set_running_or_notify_cancel():
                return
            if error is None:
                view.update(future.result())
                opened.set_result(view)
            else:
                opened.set_exception(error)

        self.open(path, view.update).add_done_callback(done)
        return opened

    def info(self, view: int) -> TableInfo | None:
        """The newest that is known of an open view."""
        with self._lock:
            known = self._views.get(view)
            return known.info if known else None

    def window(self, view: int, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[Window]:
        """Cells of at most ``WINDOW_CELLS``. Fewer rows than asked where there are no more, or not yet."""
        arguments = {"view": view, "first_row": first_row, "rows": rows, "columns": columns}
        return self._ask_view(view, "window", arguments, window)

    def record(self, view: int, row: int) -> Future[Record]:
        """One row in full. A newer request for the same view cancels an older one."""
        return self._ask_view(view, "record", {"view": view, "row": row}, record)

    def cell(self, view: int, row: int, column: int) -> Future[FullCell]:
        """One cell in full. A newer request for the same view cancels an older one."""
        arguments = {"view": view, "row": row, "column": column}
        return self._ask_view(view, "cell", arguments, lambda answer: FullCell(**answer))

    def head_bytes(self, path: Path, count: int = 1024) -> Future[tuple[str, ...]]:
        """The first bytes of a file as lines of a hex dump."""
        return self._ask("head_bytes", {"path": str(path.absolute()), "count": count}, lambda answer: tuple(answer))

    def close_view(self, view: int) -> None:
        """Forget an open view and stop whatever is done for it."""
        with self._lock:
            self._views.pop(view, None)
            process = self._process
            if process is None or view not in process.views:
                return
            process.views.discard(view)
        self._ask("close", {"view": view}, lambda _: None)

    def cancel(self, request: Future[Any]) -> bool:
        """Stop a request; the same as ``request.cancel()``. False when it was done already."""
        return request.cancel()

    def close(self) -> None:
        """End the data process. What is under way fails; later requests fail, too."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.popen.kill()
            process.popen.wait()

    @property
    def pid(self) -> int | None:
        """Of the data process, while it runs."""
        with self._lock:
            return self._process.popen.pid if self._process and not self._process.gone else None

    def _open(self, number: int, view: _OpenView, *, whole: bool = False) -> Future[TableInfo]:
        def read(answer: Mapping[str, Any]) -> TableInfo:
            view.info = table_info(answer)
            return view.info

        return self._ask("open", {"view": number, "path": str(view.path), "whole": whole}, read)

    def _ask_view(
        self, number: int, operation: str, arguments: dict[str, Any], read: Callable[[Any], Result]
    ) -> Future[Result]:
        """Ask about a view; open it first where the process has been started anew since."""
        with self._lock:
            view = self._views.get(number)
            process = self._process
            if view is not None and (process is None or process.gone or number not in process.views):
                # Rows that were shown must be there again before anything is asked of them.
                self._open(number, view, whole=True)
            return self._ask(operation, arguments, read)

    def _ask(self, operation: str, arguments: dict[str, Any], read: Callable[[Any], Result]) -> Future[Result]:
        future: Future[Result] = Future()
        with self._lock:
            try:
                process = self._running()
            except (OSError, DataError) as error:
                future.set_exception(DataError(f"the data process cannot be started: {error}"))
                return future
            number = next(self._numbers)
            process.requests[number] = _Request(future, read)
            if operation == "open":
                process.views.add(arguments["view"])
            self._write(process, {"id": number, "op": operation, "args": arguments})

        def done(finished: Future[Result]) -> None:
            if finished.cancelled():
                self._cancelled(process, number)

        future.add_done_callback(done)
        return future

    def _cancelled(self, process: _Process, number: int) -> None:
        with self._lock:
            if process.requests.pop(number, None) and not process.gone:
                self._write(process, {"op": "cancel", "args": {"id": number}})

    def _write(self, process: _Process, message: dict[str, Any]) -> None:
        """Send a frame; when the process is gone, its reader finds out and fails what is under way."""
        try:
            stdin = cast("BinaryIO", process.popen.stdin)
            stdin.write(encode(message))
            stdin.flush()
        except OSError:
            process.popen.kill()

    def _running(self) -> _Process:
        if self._closed:
            raise DataError("it was closed")
        if self._process is None or self._process.gone:
            self._process = self._start()
        return self._process

    def _start(self) -> _Process:
        # -P: a file of the user's named like a library must not be imported in its place.
        command = [sys.executable, "-P", "-m", "cursus_tui.data.server", "--memory-limit", str(self._memory_limit)]
        if self._cache_folder is not None:
            command += ["--temporary", str(self._cache_folder / "duckdb")]
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
        process = _Process(popen, stderr)
        threading.Thread(target=self._read, args=(process,), name="data-client", daemon=True).start()
        return process

    def _read(self, process: _Process) -> None:
        """Take answers until the process ends."""
        stdout = cast("BinaryIO", process.popen.stdout)
        reason = ""
        try:
            while (message := read_frame(stdout)) is not None:
                if "event" in message:
                    self._event(process, message)
                else:
                    self._answer(process, message)
        except (BrokenStreamError, OSError, ValueError) as error:
            reason = str(error)
            process.popen.kill()
        self._ended(process, reason)

    def _answer(self, process: _Process, message: Mapping[str, Any]) -> None:
        with self._lock:
            request = process.requests.pop(message["id"], None)
        if request is None or not request.future.set_running_or_notify_cancel():
            return
        error = message.get("error")
        if error is None:
            try:
                result = request.read(message["ok"])
            except (KeyError, TypeError, ValueError) as problem:
                request.future.set_exception(DataError(f"the data process answered with nonsense: {problem!r}"))
                return
            request.future.set_result(result)
            return
        file = Path(error["file"]) if error["file"] else None
        message_text = safe(error["message"], 1000)
        request.future.set_exception(DataError(message_text, file=file, expected=error["expected"], hint=error["hint"]))

    def _event(self, process: _Process, message: Mapping[str, Any]) -> None:
        with self._lock:
            view = self._views.get(message["view"])
            if view is None or process.gone or message["view"] not in process.views:
                return
            fields = dict(message["info"])
            if "columns" in fields:
                view.info = table_info(fields)
            elif view.info is not None:
                view.info = replace(table_info({**fields, "columns": ()}), columns=view.info.columns)
            info, changed = view.info, view.changed
        if changed is not None and info is not None:
            changed(info)

    def _ended(self, process: _Process, reason: str) -> None:
        with self._lock:
            process.gone = True
            under_way, process.requests = list(process.requests.values()), {}
        code = process.popen.wait()
        process.stderr.seek(0, 2)
        process.stderr.seek(max(0, process.stderr.tell() - _STDERR_TAIL))
        tail = process.stderr.read().decode("utf-8", "replace").strip()
        process.stderr.close()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        last = f": {safe(tail.splitlines()[-1], 300)}" if tail else ""
        for request in under_way:
            if request.future.set_running_or_notify_cancel():
                request.future.set_exception(
                    DataError(
                        f"the data process ended ({reason or how}){last}",
                        hint="ask again: it starts anew by itself",
                    )
                )
