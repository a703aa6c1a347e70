"""The client and its process: answers, bounds, cancellation, crashes, and what never happens in the front."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from cursus_tui.data import frames, operations
from cursus_tui.data.client import DataClient
from cursus_tui.data.desk import Desk
from cursus_tui.data.jobs import Job, JobCancelledError, Lane
from cursus_tui.data.results import WINDOW_CELLS, DataError
from cursus_tui.data.server import Server


@pytest.fixture
def own_client() -> Iterator[DataClient]:
    with DataClient() as made:
        yield made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(20_000)))
    return path


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_starts_before_something_is_asked() -> None:
    client = DataClient()
    assert client.pid is None
    client.close()


def test_a_killed_process_fails_what_is_under_way_and_starts_anew(own_client: DataClient, table: Path) -> None:
    info = own_client.open(table).result(10)
    first = own_client.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    waiting = own_client.window(info.view, 0, 10, (0, 1))
    os.kill(first, signal.SIGKILL)
    with pytest.raises(DataError, match=r"ended \(signal 9\)"):
        waiting.result(10)
    # The same view goes on: it is opened again by itself.
    again = own_client.window(info.view, 5, 1, (0, 1)).result(10)
    assert again.cells == (("5", "name 5"),)
    assert own_client.pid not in (None, first)


def test_a_view_knows_all_rows_again_after_a_crash(own_client: DataClient, table: Path) -> None:
    info = own_client.open(table).result(10)
    os.kill(own_client.pid or 0, signal.SIGKILL)
    wait_for(lambda: own_client.pid is None)
    own_client.window(info.view, 0, 1, (0,)).result(10)
    wait_for(lambda: (own_client.info(info.view) or info).rows_exact)
    assert own_client.window(info.view, 19_999, 5, (1,)).result(10).cells == (("name 19999",),)


def test_a_closed_client_refuses(table: Path) -> None:
    client = DataClient()
    client.open(table).result(10)
    pid = client.pid
    client.close()
    with pytest.raises(DataError, match="closed"):
        client.count_rows(table).result(10)
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


def test_the_process_ends_with_its_front(tmp_path: Path, table: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from cursus_tui.data.client import DataClient\n"
        "client = DataClient(); client.open(Path(sys.argv[1])).result(); print(client.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(table)], stdout=subprocess.PIPE) as front:
        assert front.stdout is not None
        pid = int(front.stdout.readline())
        front.kill()
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


def test_files_of_the_users_are_not_imported(tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("csv", "json", "duckdb", "numpy", "cursus_tui"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with DataClient() as client:
        assert client.count_rows(Path("table.csv")).result(10) == 20_000


def test_the_front_imports_no_engine() -> None:
    code = (
        "import sys; import cursus_tui.data.client, cursus_tui.widgets.data_grid\n"
        "print(sorted({'duckdb', 'pandas', 'pyarrow', 'numpy', 'pickle'} & set(sys.modules) - {'pickle'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_small_text_needs_no_engine_at_all(own_client: DataClient, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b\n1,2\n")
    info = own_client.open(tmp_path / "small.csv").result(10)
    own_client.window(info.view, 0, 1, (0, 1)).result(10)
    maps = Path(f"/proc/{own_client.pid}/maps").read_text()
    assert "duckdb" not in maps
    assert "numpy" not in maps


def test_the_process_is_limited_and_apart(own_client: DataClient, table: Path) -> None:
    own_client.open(table).result(10)
    limits = Path(f"/proc/{own_client.pid}/limits").read_text()
    address_space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert "unlimited" not in address_space.split("  ")[1:3]
    assert int(address_space.split()[3]) >= 1 << 32
    assert os.getsid(own_client.pid or 0) == own_client.pid


def test_windows_are_bounded(client: DataClient, table: Path) -> None:
    info = client.open(table).result(10)
    with pytest.raises(DataError, match="cells"):
        client.window(info.view, 0, WINDOW_CELLS, (0, 1)).result(10)
    with pytest.raises(DataError, match="no column"):
        client.window(info.view, 0, 1, (2,)).result(10)
    with pytest.raises(DataError, match="no row"):
        client.record(info.view, 10**9).result(10)
    with pytest.raises(DataError, match="no column"):
        client.cell(info.view, 0, 9).result(10)
    assert client.window(info.view, 10**12, 10, (0,)).result(10).cells == ()


def test_the_largest_window_stays_within_a_frame(opened) -> None:
    evil = "\u202e" * 300
    found = opened(("\n".join(["a"] + [evil] * 300)).encode())
    window = found.client.window(found.info.view, 0, 256, (0,)).result(10)
    size = sum(len(frames.encode({"cell": row[0]})) for row in window.cells)
    assert size < 256 * 8 * 200
    assert size * (WINDOW_CELLS / 256) < frames.FRAME_LIMIT


def test_a_closed_view_is_gone(client: DataClient, table: Path) -> None:
    info = client.open(table).result(10)
    client.close_view(info.view)
    with pytest.raises(DataError, match="not open"):
        client.window(info.view, 0, 1, (0,)).result(10)


def test_counts_are_asked_without_opening(client: DataClient, tmp_path: Path, table: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x00\x01\x02" * 100)
    (tmp_path / "notes.txt").write_text("one\ntwo\n")
    asked = [client.count_rows(tmp_path / name) for name in ("table.csv", "model.bin", "notes.txt")]
    assert [future.result(10) for future in asked] == [20_000, None, None]


def test_many_threads_ask_at_once(client: DataClient, table: Path) -> None:
    info = client.open(table).result(10)
    wait_for(lambda: (client.info(info.view) or info).rows_exact)
    wrong: list[object] = []

    def ask(start: int) -> None:
        for row in range(start, start + 40):
            cells = client.window(info.view, row * 100, 1, (0,)).result(20).cells
            if cells != ((str(row * 100),),):
                wrong.append((row, cells))

    threads = [threading.Thread(target=ask, args=(start,)) for start in (0, 40, 80, 120)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_cancelled_future_stops_the_work(own_client: DataClient, table: Path) -> None:
    own_client.open(table).result(10)
    pid = own_client.pid or 0
    os.kill(pid, signal.SIGSTOP)
    future = own_client.count_rows(table)
    assert own_client.cancel(future)
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(CancelledError):
        future.result(1)
    assert own_client.count_rows(table).result(10) == 20_000


class Wire:
    """A server on pipes within this process: operations of a test's own can be registered."""

    def __init__(self) -> None:
        requests, self.requests = os.pipe()
        answers, send = os.pipe()
        self.answers = os.fdopen(answers, "rb")
        server = Server(os.fdopen(requests, "rb"), os.fdopen(send, "wb"), 1 << 28, None)
        threading.Thread(target=server.serve, daemon=True).start()

    def ask(self, number: int, operation: str, **arguments: object) -> None:
        os.write(self.requests, frames.encode({"id": number, "op": operation, "args": arguments}))

    def answer(self) -> dict[str, object]:
        message = frames.read_frame(self.answers)
        assert message is not None
        return message


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    waiting: list[threading.Event] = []

    def endless(desk: Desk, job: Job) -> None:
        interrupted = threading.Event()
        waiting.append(interrupted)
        with job.interruptible(interrupted.set):
            interrupted.wait(10)
            raise JobCancelledError

    def broken(desk: Desk, job: Job) -> None:
        raise KeyError("a bug")

    def huge(desk: Desk, job: Job) -> str:
        return "x" * (frames.FRAME_LIMIT + 1)

    run = {"endless": endless, "broken": broken, "huge": huge}
    for name, function in run.items():
        made = operations.Operation(function, Lane.READ, newest_wins=name == "endless")
        monkeypatch.setitem(operations.OPERATIONS, name, made)
    made_wire = Wire()
    yield made_wire
    for event in waiting:
        event.set()
    os.close(made_wire.requests)


def test_a_running_query_is_interrupted(wire: Wire) -> None:
    wire.ask(1, "endless", view=1)
    os.write(wire.requests, frames.encode({"op": "cancel", "args": {"id": 1}}))
    assert wire.answer()["error"]["kind"] == "cancelled"  # type: ignore[index]


def test_the_newest_request_wins(wire: Wire) -> None:
    wire.ask(1, "endless", view=1)
    wire.ask(2, "endless", view=2)
    wire.ask(3, "endless", view=1)
    answer = wire.answer()
    assert answer["id"] == 1
    assert answer["error"]["kind"] == "cancelled"  # type: ignore[index]


def test_closing_a_view_cancels_what_is_done_for_it(wire: Wire) -> None:
    wire.ask(1, "endless", view=1)
    wire.ask(2, "close", view=1)
    assert {wire.answer()["id"], wire.answer()["id"]} == {1, 2}


def test_a_bug_in_an_operation_is_told_and_survived(wire: Wire) -> None:
    wire.ask(1, "broken")
    assert wire.answer()["error"]["kind"] == "bug"  # type: ignore[index]
    wire.ask(2, "no such thing")
    assert wire.answer()["error"]["kind"] == "bug"  # type: ignore[index]
    wire.ask(3, "huge")
    assert "too large" in wire.answer()["error"]["message"]  # type: ignore[index]
    wire.ask(4, "window", view=99, first_row=0, rows=1, columns=[0])
    assert "not open" in wire.answer()["error"]["message"]  # type: ignore[index]


@pytest.mark.parametrize("content", [b"\x00", b"\x00\x00\x00\x05{}", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02[]"])
def test_a_broken_stream_is_refused(content: bytes) -> None:
    import io

    with pytest.raises(frames.BrokenStreamError):
        frames.read_frame(io.BytesIO(content))
