"""The index gives the lines that splitting the whole file gives, however the file grew."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cursus_tui.text import plain_line
from cursus_tui.widgets import log_search
from cursus_tui.widgets.log_index import BLOCK, HEAD, LogIndex
from cursus_tui.widgets.log_search import STEP, search_log

PIECES = st.sampled_from([b"\n", b"a", b"needle", b"\n\n", b"x" * 700, b"y" * 5000, b"z" * 9000, "é漢".encode(), b"\r"])
CONTENTS = st.lists(PIECES, max_size=30).map(b"".join)
QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def split(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return parts[:-1] if not parts[-1] else parts


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "stdout.log"


@QUICK
@given(data=CONTENTS, cuts=st.lists(st.integers(0, 30_000), max_size=5), step=st.integers(300, 20_000))
def test_lines_are_those_of_splitting_while_the_file_grows(log: Path, data: bytes, cuts: list[int], step: int) -> None:
    index = LogIndex(log)
    for size in [*sorted(cuts), len(data)]:
        log.write_bytes(data[:size])
        while index.grow(step):
            pass
        whole = split(data[:size])
        assert index.line_count == len(whole)
        assert index.backlog() == 0
        got = index.lines(0, len(whole) + 5)
        assert [line.size for line in got] == [len(line) for line in whole]
        assert all(line.data == full[: len(line.data)] for line, full in zip(got, whole, strict=True))
        assert all(len(line.data) >= min(line.size, HEAD) for line in got)
        for number in range(len(whole)):
            assert index.lines(number, 1) == [got[number]]
            assert index.text(number, limit=10**6)[1] == 0
            if b"\r" not in whole[number]:
                assert index.text(number, limit=10**6)[0] == plain_line(whole[number].decode("utf-8", "replace"))
        log.unlink()
        index = LogIndex(log)


@QUICK
@given(data=CONTENTS, start=st.integers(0, 70), text=st.sampled_from(["needle", "a\n", "é漢", "yx", "Needle"]))
def test_search_finds_what_looking_at_every_line_finds(log: Path, data: bytes, start: int, text: str) -> None:
    log.write_bytes(data)
    index = LogIndex(log)
    index.grow(len(data))
    matching = [number for number, line in enumerate(split(data)) if text in plain_line(line.decode())]
    # Small steps, so that what is found lies in the first of them, the last, and between.
    with patch.object(log_search, "STEP", 1):
        if start >= index.line_count:
            return
        assert search_log(index, text, start) == next((n for n in matching if n >= start), None)
        assert search_log(index, text, start, forward=False) == next((n for n in matching[::-1] if n <= start), None)


def test_search_misses_no_line_where_one_step_ends_and_the_next_begins(log: Path) -> None:
    log.write_text("".join(f"<{number}>{'.' * (BLOCK if number % 3 else 150)}\n" for number in range(60)))
    index = LogIndex(log)
    index.grow(10**6)
    with patch.object(log_search, "STEP", 1):
        for number in range(60):
            assert search_log(index, f"<{number}>", 0) == number
            assert search_log(index, f"<{number}>", 59, forward=False) == number


def test_a_missing_file_is_empty_and_one_begun_anew_is_read_anew(log: Path) -> None:
    index = LogIndex(log)
    assert index.grow(100) == 0
    assert index.line_count == 0
    assert index.lines(0, 10) == []
    log.write_bytes(b"one\ntwo\nthree")
    assert index.grow(100) == 13
    assert index.line_count == 3
    log.write_bytes(b"new\n")
    assert index.grow(100) == 4
    assert [line.data for line in index.lines(0, 9)] == [b"new"]


def test_the_index_is_small_and_a_line_costs_a_small_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"2024-01-01 INFO a line of some length, as logs have them\n"
    log.write_bytes(line * 40_000)
    index = LogIndex(log)
    while index.grow(256 * 1024):
        pass
    assert index.line_count == 40_000
    assert len(index._lines) < 40_000 / 50, "not every line is remembered"
    asked: list[int] = []
    read = LogIndex._read
    monkeypatch.setattr(LogIndex, "_read", lambda self, at, size: asked.append(size) or read(self, at, size))
    assert index.text(31_999)[0] == line.decode().strip()
    assert sum(asked) <= BLOCK + HEAD + 1


def test_a_very_long_line_is_cut_and_a_progress_bar_shows_its_end(log: Path) -> None:
    log.write_bytes(b"x" * 100_000 + b"\n" + b"\r".join(b"%d%%" % n for n in range(5000)) + b"\nend\n")
    index = LogIndex(log)
    index.grow(10**6)
    text, cut = index.text(0)
    assert len(text) + cut == 100_000
    assert index.text(0, limit=64 * 1024) == ("x" * 65536, 100_000 - 65536)
    assert index.text(1) == ("4999%", 0)
    assert index.text(2) == ("end", 0)
    assert search_log(index, "end", 0) == 2


def test_search_looks_through_escapes_and_can_be_stopped(log: Path) -> None:
    filler = b"nothing here\n" * 20_000
    log.write_bytes(filler + b"an \x1b[31mERR\x1b[0mOR\n" + filler)
    index = LogIndex(log)
    index.grow(10**7)
    assert search_log(index, "error", 0) == 20_000
    assert search_log(index, "error", 40_000, forward=False) == 20_000
    assert search_log(index, "error", 20_001) is None
    asked: list[int] = []
    assert search_log(index, "error", 0, stopped=lambda: bool(asked.append(1)) or len(asked) > 2) is None
    assert len(asked) == 3 < len(filler) // STEP + 3
