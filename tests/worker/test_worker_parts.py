"""The worker's parts that need no process."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from cursus_tui.worker.call import arguments_of
from cursus_tui.worker.channel import EventSender, LineReader, append_line, encode, read_lines
from cursus_tui.worker.entry import _first_message
from cursus_tui.worker.failure import FailureReporter
from cursus_tui.worker.hurry import SECONDS, quick_turns
from cursus_tui.worker.masking import Masker
from cursus_tui.worker.modules import imported_names
from cursus_tui.worker.outcome import AttemptReport, crash_frames
from cursus_tui.worker.processes import command_line, descendants, is_alive, process_stat
from cursus_tui.worker.script_import import split_at_main_block, uses_relative_imports
from cursus_tui.worker.summaries import one_line
from cursus_tui.worker.zygote import new_short_folder


def test_lines_arrive_in_pieces_and_junk_is_dropped() -> None:
    reader = LineReader()
    line = encode({"a": "\udc80", "b": object})
    assert reader.feed(line[:5]) == []
    messages = reader.feed(line[5:] + b"junk\n[1]\n" + b"[" * 100_000 + b"\n" + encode({"c": 1}))
    assert [list(message) for message in messages] == [["a", "b"], ["c"]]


def test_a_sender_survives_its_descriptor(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    fallback = tmp_path / "reports"
    sender = EventSender(writer, str(fallback))
    sender.hold("first")
    sender.send("second")
    assert [message["event"] for message in LineReader().feed(os.read(reader, 4096))] == ["first", "second"]
    with (tmp_path / "other").open("wb") as other:
        os.dup2(other.fileno(), writer)
        sender.send("third")
    assert (tmp_path / "other").read_bytes() == b""
    os.close(writer)
    sender.send("fourth")
    os.close(reader)
    assert [message["event"] for message in read_lines(str(fallback)) or []] == ["third", "fourth"]
    append_line(str(tmp_path / "no" / "folder"), b"x")
    assert read_lines(str(tmp_path / "none")) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("a\nb", r"'a\nb'"),
        ("x" * 500, "(500 long)"),
        ([1, 2], "[1, 2]"),
        (list(range(99)), "list of 99"),
        (os, "module os"),
        (Path, "class Path"),
        (os.getcwd, "function getcwd"),
        pytest.param(10**6000, "bits", id="huge"),
    ],
)
def test_summaries(value: object, text: str) -> None:
    assert text in one_line(value)
    assert len(one_line(value)) <= 160


def test_of_long_paths_the_end_is_shown_that_tells_them_apart():
    folder = "/a/folder/that/is/" + "deep/" * 20
    files = [PurePosixPath(folder, "report.csv"), PurePosixPath(folder, "rows.csv")]
    assert "/report.csv')" in one_line(files)
    assert "/rows.csv')" in one_line(files)
    assert "'…" in one_line(files)
    assert one_line({"DATA": folder + "output"}).endswith("/output' (124 long)}")
    assert one_line(files[0]) == f"PurePosixPath('{folder}report.csv')"
    assert one_line(PurePosixPath(folder * 3)).startswith("PurePosixPath('…")
    for value in (files, {"DATA": folder + "output"}, PurePosixPath(folder * 3)):
        assert len(one_line(value)) <= 160
    assert one_line("/a long text, " + "x" * 200).startswith("'/a long text")


def test_summaries_of_tables() -> None:
    pandas = pytest.importorskip("pandas")
    assert one_line(pandas.DataFrame({"a": range(1000), "b": 1})) == "DataFrame 1,000 x 2 [a, b]"
    assert one_line(pandas.Series([1.5], name="x")) == "Series 1 float64"
    assert one_line(pandas.Series([1.5]).dtype) == "float64"
    assert one_line(pandas.CategoricalDtype(["a"])) == "category"
    assert one_line(pandas.Int64Dtype()) == "Int64"


def test_processes_are_told_apart() -> None:
    code = "print('on', flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        stat = process_stat(child.pid)
        assert stat is not None
        assert stat.parent == os.getpid()
        assert is_alive(child.pid, stat.start_ticks)
        assert not is_alive(child.pid, stat.start_ticks + 1)
        assert child.pid in descendants(os.getpid())
        assert child.pid not in descendants(os.getpid(), without=[child.pid])
        assert "input()" in command_line(child.pid)
    finally:
        child.kill()
        child.wait()
    assert not is_alive(child.pid)
    assert process_stat(child.pid) is None


def test_a_command_line_without_a_parser() -> None:
    parsed = arguments_of(["--rate", "-1", "--job-type=testing", "x", "--flag"], "training")
    assert vars(parsed) == {"job_type": "testing", "rate": "-1", "flag": True}


def test_a_script_is_split_where_its_block_begins() -> None:
    source = b"from __future__ import annotations\nx: y = 1\nif __name__ == '__main__':\n    z: w = 2\n"
    body, block = split_at_main_block(source, "s.py")
    assert block is not None
    names: dict[str, object] = {"__name__": "__main__"}
    exec(body, names)
    assert "z" not in names
    exec(block, names)
    assert (names["z"], block.co_firstlineno >= 1) == (2, True)
    assert split_at_main_block(b"x = 1\n", "s.py")[1] is None
    odd = b"x = (1\nif __name__ == '__main__'\nelse 2)\n"
    assert split_at_main_block(odd, "s.py")[1] is None
    with pytest.raises(SyntaxError) as error:
        split_at_main_block(b"x = 1\nif __name__ == '__main__':\n    y = = 2\n", "s.py")
    assert error.value.lineno == 3


def test_imports_are_read_from_source() -> None:
    source = b"import a.b\n  from c import d\nfrom .e import f\n# import g\nimport h as i, j . k,l  # m\n"
    assert imported_names(source) == {"a", "c", "h", "j", "l"}
    assert uses_relative_imports(source)
    assert not uses_relative_imports(b"from a import b\n'from . import c'")


def test_a_crash_is_read_from_stderr() -> None:
    text = b"noise\nFatal Python error: Segmentation fault\n\nCurrent thread:\n"
    text += b'  File "/c/s.py", line 4 in main\n  File "/c/s.py", line 9 in <module>\n'
    assert [(frame["line"], frame["function"]) for frame in crash_frames(text)] == [(9, "<module>"), (4, "main")]
    assert crash_frames(b'  File "x", line 1 in y') == []


@pytest.mark.parametrize(
    ("events", "code", "reason", "status", "kind"),
    [
        ([], 0, None, "passed", None),
        ([], 3, None, "failed", "exit"),
        ([], -9, None, "failed", "signal"),
        ([{"event": "finishing"}], -15, None, "passed", None),
        (
            [{"event": "exception", "chain": [{"type": "E", "message": "m"}]}, {"event": "finishing"}],
            -15,
            None,
            "failed",
            "E",
        ),
        ([{"event": "exception", "chain": [{"type": "E", "message": "m"}]}], 1, None, "failed", "E"),
        ([{"event": "sysexit", "code": 2}], 2, None, "failed", "exit"),
        ([], 0, "cancelled", "cancelled", None),
        ([{"event": "cancelled", "chain": [{"type": "KeyboardInterrupt"}]}], 130, "cancelled", "cancelled", None),
        ([{"event": "cancelled", "chain": [{"type": "KeyboardInterrupt"}]}], 130, None, "failed", "KeyboardInterrupt"),
        (
            [{"event": "cancelled", "chain": [{"type": "KeyboardInterrupt", "line": 3}]}],
            130,
            "timeout",
            "failed",
            "timeout",
        ),
        ([], -9, "memory", "failed", "memory"),
        ([], None, None, "failed", "exit"),
    ],
)
def test_verdicts(events: list[dict], code: int | None, reason: str | None, status: str, kind: str | None) -> None:
    report = AttemptReport(0.0)
    for event in events:
        report.take(event)
    outcome = report.outcome(code, reason)
    assert outcome["status"] == status
    assert (outcome["error"] or {}).get("type") == kind


def test_short_folders_of_dead_zygotes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (f"cursus-{dead.pid}-abc", f"cursus-{os.getpid()}-abc", "cursus-other", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / f"cursus-{dead.pid}-abc" / "1").symlink_to(tmp_path / "mine")
    new = Path(new_short_folder())
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"cursus-{os.getpid()}-abc", "cursus-other", "mine", new.name}


@pytest.mark.parametrize("size", [10, 200_000])
def test_requests_that_follow_a_job_at_once_are_left_for_the_agent(size: int) -> None:
    zygote, step = socket.socketpair()
    with zygote, step:
        sent = encode({"op": "run", "script": "x" * size}) + encode({"op": "debug", "id": 1})
        writer = threading.Thread(target=zygote.sendall, args=(sent,))
        writer.start()
        assert _first_message(step.fileno())["op"] == "run"
        writer.join(5)
        assert select.select([step], [], [], 5)[0]
        assert LineReader().feed(os.read(step.fileno(), 65536)) == [{"op": "debug", "id": 1}]


def test_quick_turns_end_with_the_last_that_wanted_them() -> None:
    before = sys.getswitchinterval()
    first, second = quick_turns(), quick_turns()
    with first:
        assert sys.getswitchinterval() == pytest.approx(SECONDS)
        second.__enter__()
    assert sys.getswitchinterval() == pytest.approx(SECONDS), "a late debugger still shakes hands"
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(before)
    with pytest.raises(KeyError), quick_turns():
        raise KeyError
    assert sys.getswitchinterval() == pytest.approx(before)


def test_a_recursion_that_ends_in_the_debugger_ends_in_the_call_that_was_too_deep() -> None:
    debugger = (
        "def look(frame, event, arg):\n    if frame.f_locals['n'] > 60:\n        raise RecursionError('too deep')\n"
    )
    names: dict[str, Any] = {}
    exec(compile(debugger, "/lent/_pydevd_bundle/tracing.py", "exec"), names)
    exec(compile("def again(n):\n    return again(n + 1)\n", "/code/step.py", "exec"), names)

    def traced() -> None:
        before = sys.gettrace()
        sys.settrace(names["look"])
        try:
            names["again"](0)
        finally:
            sys.settrace(before)

    with pytest.raises(RecursionError) as raised:
        traced()
    (told,) = FailureReporter(lambda file: file == "/code/step.py", Masker(())).chain(raised.value)
    assert (told["file"], told["line"]) == ("/code/step.py", 2)
    assert told["frames"][-1]["file"] == "/code/step.py"
