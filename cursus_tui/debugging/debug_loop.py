"""The debug thread: an event loop and a Unix socket, once there is something to debug."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from cursus_tui.records.debug import DebugError

Answer = TypeVar("Answer")
Dialled = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PREFIX = "cursus-tui-debug-"
LONGEST_FOLDER = 90
"""The path of a Unix socket has 107 bytes at most, on some systems 103."""
NOT_DEBUGGED = "no step is being debugged"


class DebugLoop:
    """Starts nothing before :meth:`start`; until then, what is posted happens at once.

    Args:
        dialled: Serves a connection to the Unix socket.
    """

    def __init__(self, dialled: Dialled) -> None:
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
        self.folder = folder if len(os.fsencode(folder)) <= LONGEST_FOLDER else Path("/tmp", folder.name)
        self.socket = self.folder / "s"
        self._dialled = dialled
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._is_closed = False

    def start(self) -> None:
        """Start the thread, and listen for the debugger of a step.

        Raises:
            DebugError: There is no room for the socket.
        """
        with self._lock:
            if self._loop is not None or self._is_closed:
                return
            remove_left_behind(self.folder.parent)
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self.folder.mkdir(mode=0o700)
                listening.bind(str(self.socket))
                os.chmod(self.socket, 0o600)
                listening.listen(4)
            except OSError as error:
                listening.close()
                shutil.rmtree(self.folder, ignore_errors=True)
                raise DebugError(f"there is no room for the debugger's socket: {error}") from error
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop, listening), name="debug", daemon=True)
            self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether there is a debug thread."""
        return self._loop is not None and not self._is_closed

    def post(self, act: Callable[..., None], *arguments: Any) -> None:
        """Have something done on the debug thread, in order; at once where there is none yet."""
        with self._lock:
            if self._is_closed:
                return
            if self._loop is not None:
                self._loop.call_soon_threadsafe(act, *arguments)
                return
            act(*arguments)

    def run(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        """Have something done on the debug thread that takes its time; refused where there is none."""
        with self._lock:
            if self._loop is not None and not self._is_closed:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        refused: Future[Answer] = Future()
        refused.set_exception(DebugError(NOT_DEBUGGED))
        return refused

    def close(self, farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """End the thread, after a last act on it; nothing is left."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            loop, thread = self._loop, self._thread
            if loop is None or thread is None:
                return
            loop.call_soon_threadsafe(lambda: loop.create_task(self._end(farewell)))
        if threading.current_thread() is not thread:
            thread.join(5)

    def _serve(self, loop: asyncio.AbstractEventLoop, listening: socket.socket) -> None:
        asyncio.set_event_loop(loop)
        try:
            self._server = loop.run_until_complete(asyncio.start_unix_server(self._dialled, sock=listening))
            loop.run_forever()
        finally:
            loop.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _end(self, farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            if self._server is not None:
                self._server.close()
            await farewell()
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            # Transports close their sockets in the loop's next turns.
            await asyncio.sleep(0.01)
        finally:
            asyncio.get_running_loop().stop()


def remove_left_behind(parent: Path) -> None:
    """Remove the folders of fronts that were killed: their process is gone, and nobody listens there."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            if folder.lstat().st_uid == os.getuid() and owner.isdecimal() and not _is_alive(int(owner)):
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dialled:
                    dialled.connect(str(folder / "s"))
        except (ConnectionRefusedError, FileNotFoundError):
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, OverflowError):
            continue


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
