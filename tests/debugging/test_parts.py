"""The hub's pure parts: framing, paths, peers, lending, readings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cursus_tui.debugging import peers
from cursus_tui.debugging.dap import BrokenProtocolError, encode, read_message
from cursus_tui.debugging.debug_loop import remove_left_behind
from cursus_tui.debugging.lending import lent_folder
from cursus_tui.debugging.live_tables import kind_of, table_of
from cursus_tui.debugging.path_mapping import PathMapping, mapping_of
from cursus_tui.debugging.peers import owner_of
from cursus_tui.debugging.readings import completions_of, condition_failure, kind_of_stop, variables_of
from cursus_tui.records.debug import DebugError, StopKind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def messages(data: bytes) -> list[object]:
    """What is read from a stream with these bytes."""

    async def read() -> list[object]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        found: list[object] = []
        while (message := await read_message(reader)) is not None:
            found.append(message)
        return found

    return asyncio.run(read())


# --- framing


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=3))
def test_messages_arrive_as_they_were_sent(sent: list[dict[str, object]]) -> None:
    assert messages(b"".join(map(encode, sent))) == sent


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_an_end_or_a_broken_protocol(data: bytes) -> None:
    with contextlib.suppress(BrokenProtocolError):
        assert all(isinstance(one, dict) for one in messages(data))


def test_other_headers_are_passed_by_and_half_a_message_is_an_end() -> None:
    whole = b"Content-Type: x\r\ncontent-length: 2\r\n\r\n{}"
    assert messages(whole) == [{}]
    assert messages(whole + whole[:-1]) == [{}]


# --- paths


def test_the_longest_folder_wins_and_names_are_not_cut() -> None:
    mapping = PathMapping((("/home/me", "/far"), ("/home/me/work", "/srv/project")))
    assert mapping.to_here("/home/me/work/a.py") == "/srv/project/a.py"
    assert mapping.to_here("/home/me/workshop/a.py") == "/far/workshop/a.py"
    assert mapping.to_ide("/srv/project/a.py") == "/home/me/work/a.py"
    assert mapping.to_ide("/other/a.py") == "/other/a.py"


def test_the_length_that_counts_is_of_the_side_that_is_asked() -> None:
    mapping = PathMapping((("/w", "/srv/a/long/way"), ("/w/deep", "/d")))
    assert mapping.to_here("/w/deep/a.py") == "/d/a.py"
    assert PathMapping((("/a/long/way", "/w"), ("/d", "/w/deep"))).to_ide("/w/deep/a.py") == "/d/a.py"


def test_windows_paths_are_turned() -> None:
    mapping = PathMapping((("C:\\work", "/srv"),))
    assert mapping.to_here("C:\\work\\deep\\a.py") == "/srv/deep/a.py"
    assert mapping.to_ide("/srv/deep/a.py") == "C:\\work\\deep\\a.py"
    assert PathMapping((("C:/work", "/srv"),)).to_ide("/srv/deep/a.py") == "C:/work\\deep\\a.py"
    for path in ("c:\\Work\\a.py", "C:/work/a.py"):
        assert mapping.to_here(path) == "/srv/a.py", "Windows does not tell these apart"


@given(st.lists(st.sampled_from(["a", "b", "work", "c.py"]), min_size=1, max_size=5))
def test_mapping_there_and_back_is_nothing(parts: list[str]) -> None:
    mapping = PathMapping((("/home/me/work", "/srv/project"),))
    path = "/srv/project/" + "/".join(parts)
    assert mapping.to_here(mapping.to_ide(path)) == path


def test_mappings_come_from_the_launch_configuration() -> None:
    rows = [{"localRoot": "/l/", "remoteRoot": "/r/"}, {"localRoot": 3}, "junk", {"localRoot": "/l", "remoteRoot": "."}]
    assert mapping_of({"pathMappings": rows, "localRoot": "/a", "remoteRoot": "/b"}).pairs == (
        ("/l", "/r"),
        ("/a", "/b"),
    )
    assert mapping_of({}).pairs == mapping_of({"pathMappings": "junk"}).pairs == ()


# --- peers


@pytest.mark.parametrize("tables", [peers.TABLES, ()], ids=["kernel's tables", "no tables"])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_it_can_be_told_whose_a_connection_is(
    monkeypatch: pytest.MonkeyPatch, family: socket.AddressFamily, tables: tuple[str, ...]
) -> None:
    monkeypatch.setattr(peers, "TABLES", tables or ("/absent/tcp", "/absent/tcp6"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.socket(family)
        address = "127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1"
        try:
            client.connect((address, server.getsockname()[1]))
        except OSError:
            pytest.skip("needs IPv6")
        connection, peer = server.accept()
        with client, connection:
            assert owner_of(peer, connection.getsockname()) == os.getuid()
            if not tables:
                # A connection that only a process of another user has: nobody can see whose it is.
                monkeypatch.setattr(os, "getuid", lambda: 54321)
                assert owner_of(peer, connection.getsockname()) is None
        assert owner_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


def test_our_own_end_of_a_connection_does_not_vouch_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "TABLES", ("/absent/tcp", "/absent/tcp6"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        connection, peer = server.accept()
        with connection:
            own = connection.getsockname()
            client.close()
            assert owner_of(peer, own) is None


# --- the socket's folder


def test_folders_of_killed_fronts_are_removed_and_no_others(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()

    def front(name: str, *, listens: bool) -> tuple[Path, socket.socket]:
        folder = tmp_path / f"cursus-tui-debug-{name}"
        folder.mkdir()
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(folder / "s"))
        if listens:
            server.listen()
        else:
            server.close()
        return folder, server

    killed, _ = front(f"{gone.pid}-a", listens=False)
    elsewhere, other = front(f"{gone.pid}-b", listens=True)
    own, mine = front(f"{os.getpid()}-c", listens=True)
    stranger = tmp_path / "cursus-tui-debug-notes-of-mine"
    stranger.mkdir()
    remove_left_behind(tmp_path)
    assert [path.exists() for path in (killed, elsewhere, own, stranger)] == [False, True, True, True]
    other.close()
    mine.close()


# --- lending


def test_only_debugpy_is_lent_and_twice_is_once(tmp_path: Path) -> None:
    lent, compiled = lent_folder(tmp_path)
    assert lent_folder(tmp_path) == (lent, compiled)
    assert [one.name for one in lent.iterdir()] == ["debugpy"]
    assert (lent / "debugpy" / "_vendored" / "pydevd" / "pydevd.py").is_file()
    assert (tmp_path / "debugger").stat().st_mode & 0o777 == 0o700
    seen = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(lent)!r}); import debugpy"],
        capture_output=True,
        text=True,
    )
    assert seen.returncode == 0, seen.stderr


def test_a_link_of_an_earlier_version_is_replaced(tmp_path: Path) -> None:
    lent, _ = lent_folder(tmp_path)
    (lent / "debugpy").unlink()
    (lent / "debugpy").symlink_to("/nowhere")
    assert (lent_folder(tmp_path)[0] / "debugpy" / "__init__.py").is_file()


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DebugError, match="cannot be lent"):
        lent_folder(tmp_path / "file")


# --- readings


def test_completions_are_whole_texts() -> None:
    body = {"targets": [{"label": "append", "start": 9}, {"label": "append", "start": 9}, {"label": "b\x1b"}, {}, 3]}
    assert completions_of(body, "x = rows.app + 1", 12) == ("x = rows.append + 1",)


def test_a_condition_that_fails_says_why_on_one_safe_line() -> None:
    text = (
        "Error while evaluating expression in conditional breakpoint: x\nTraceback\nNameError: x\x1b is not defined\n"
    )
    assert condition_failure({"output": text}) == "the condition of a breakpoint failed: NameError: x␛ is not defined"
    assert condition_failure({"output": "NameError: x"}) == condition_failure({"output": None}) == ""


@pytest.mark.parametrize(
    ("body", "flags", "kind"),
    [
        ({"reason": "exception"}, {"called": True}, StopKind.EXCEPTION),
        ({"reason": "pause"}, {"paused": True}, StopKind.PAUSE),
        ({"reason": "pause"}, {}, StopKind.CALL),
        ({"reason": "breakpoint"}, {"known": True}, StopKind.BREAKPOINT),
        ({"reason": "breakpoint", "hitBreakpointIds": [1]}, {}, StopKind.BREAKPOINT),
        ({"reason": "breakpoint"}, {}, StopKind.CALL),
        ({"reason": "breakpoint"}, {"called": True, "known": True}, StopKind.CALL),
        ({"reason": "breakpoint"}, {"once": StopKind.ENTRY}, StopKind.ENTRY),
        ({"reason": "step"}, {}, StopKind.STEP),
        ({"reason": "goto"}, {}, StopKind.STEP),
    ],
)
def test_kinds_of_stops(body: dict[str, object], flags: dict[str, object], kind: StopKind) -> None:
    defaults = {"once": None, "known": False, "called": False, "paused": False}
    assert kind_of_stop(body, **(defaults | flags)) is kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "reference", "kind"),
    [
        ("DataFrame", 3, "table"),
        ("pandas.core.frame.DataFrame", 3, "table"),
        ("list", 3, "table"),
        ("list", 0, ""),
        ("RandomForestClassifier", 3, "model"),
        ("Booster", 3, "model"),
        ("int", 0, ""),
        ("Path", 3, ""),
    ],
)
def test_what_can_be_opened_as_data(name: str, reference: int, kind: str) -> None:
    assert kind_of(name, reference) == kind


def test_answers_that_are_no_rows_are_sentences(tmp_path: Path) -> None:
    path = tmp_path / "1"
    for answer, why in (
        ("not json", "it has no rows: not json"),
        (None, "it has no rows"),
        ({"error": "int has no rows\x1b"}, "int has no rows␛"),
        ({"file": "/etc/passwd"}, "not asked to write"),
    ):
        with pytest.raises(DebugError, match=why):
            table_of(answer, "x", path, 0, sampled=False)
    table = table_of(
        {"file": str(tmp_path / "1.parquet"), "rows": True, "columns": [["a", "int"], "b"]}, "x", path, 0, sampled=True
    )
    assert (table.rows, table.columns, table.file.name) == (None, (("a", "int"),), "1.parquet")


@pytest.mark.parametrize(
    ("name", "kind", "value", "shown"),
    [
        ("API_TOKEN", "str", "'s3cr3t'", "'********'"),
        ("'db_password'", "str", "'it\\'s'", "'********'"),
        ("key", "str", "'amount'", "'amount'"),
        ("API_TOKEN", "str", "''", "''"),
        ("primary_key", "DataFrame", "DataFrame 3 x 2", "DataFrame 3 x 2"),
        (
            "environ_vars",
            "dict",
            "{'ID': 'a', 'API_KEY': 's3\\'t', 'N': '1'}",
            "{'ID': 'a', 'API_KEY': '********', 'N': '1'}",
        ),
    ],
)
def test_listed_values_hide_secrets(name: str, kind: str, value: str, shown: str) -> None:
    (found,) = variables_of({"variables": [{"name": name, "type": kind, "value": value, "variablesReference": 0}]})
    assert found.value == shown


def test_what_vs_codes_client_is_locked_to_names_no_registry_and_every_hash() -> None:
    locked = json.loads((Path(__file__).parent / "ide_client" / "package-lock.json").read_text())["packages"]
    packages = [one for name, one in locked.items() if name]
    assert packages
    assert all(one["integrity"].startswith("sha512-") and "resolved" not in one for one in packages)
