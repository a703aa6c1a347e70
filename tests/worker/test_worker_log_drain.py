"""Logs: bounded turns, a bounded size, and a disk that is full."""

from __future__ import annotations

import os
import selectors
from pathlib import Path

import pytest

from cursus_tui.worker.log_drain import CHUNK_BYTES, CHUNKS_A_TURN, LogDrain


class Pipe:
    def __init__(self, path: Path, limit: int = 1 << 30) -> None:
        self.selector = selectors.DefaultSelector()
        reader, self.writer = os.pipe()
        self.drain = LogDrain(reader, str(path), limit, self.selector)

    def end(self) -> None:
        os.close(self.writer)
        while self.drain.is_open:
            self.drain.ready()
        self.selector.close()


def test_a_log_ends_at_its_limit_and_says_so(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "log", limit=10)
    os.write(pipe.writer, b"0123456789abcdef")
    pipe.end()
    text = (tmp_path / "log").read_bytes()
    assert text.startswith(b"0123456789\n[cursus-tui: 6 more bytes are not kept: the log is limited to 10 bytes]")
    assert pipe.drain.bytes == len(text)


def test_a_full_disk_keeps_the_pipe_flowing() -> None:
    pipe = Pipe(Path("/dev/full"))
    os.write(pipe.writer, b"x" * 60_000)
    pipe.drain.ready()
    os.write(pipe.writer, b"y" * 60_000)
    pipe.end()
    assert pipe.drain.bytes == 0
    assert "No space" in pipe.drain.write_error


def test_a_turn_is_bounded(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "log")
    fcntl = pytest.importorskip("fcntl")
    share = CHUNK_BYTES * CHUNKS_A_TURN
    fcntl.fcntl(pipe.writer, fcntl.F_SETPIPE_SZ, 2 * share)
    assert os.write(pipe.writer, b"x" * 2 * share) == 2 * share
    pipe.drain.ready()
    assert pipe.drain.bytes == share
    pipe.end()
    assert pipe.drain.bytes == 2 * share


def test_closing_does_not_wait_for_whoever_holds_the_pipe(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "log")
    os.write(pipe.writer, b"x")
    pipe.drain.ready()
    pipe.drain.close()
    pipe.drain.close()
    assert pipe.drain.descriptors() == ()
    assert (tmp_path / "log").read_bytes() == b"x"
    os.close(pipe.writer)
