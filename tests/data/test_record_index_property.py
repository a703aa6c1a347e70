"""The index and random pages agree with Python's csv.reader, whatever the content."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cursus_tui.data import json_array_file, record_index
from cursus_tui.data.encodings import Encoding
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.json_array_file import JsonArrayFile
from cursus_tui.data.record_file import RecordFile

WIDTH = 3
ENCODINGS = {
    "utf-8": Encoding("utf-8", 1, 0, True, ""),
    "utf-16-le": Encoding("utf-16-le", 2, 0, True, ""),
    "utf-16-be": Encoding("utf-16-be", 2, 0, True, ""),
}


def job() -> Job:
    return Job(None, "test", {}, None)


def open_quote(text: str) -> int | None:
    """Where the record begins in which csv.reader meets the end of the text within quotes, if it does.

    By the rules of CPython's state machine, without its code.
    """
    state, begin, previous = "start", 0, ""
    for position, character in enumerate(text):
        if previous == "\n" or (previous == "\r" and character != "\n"):
            begin = position if state == "start" else begin
        if state == "start" and character == '"':
            state = "quoted"
        elif state == "quoted":
            state = "after" if character == '"' else "quoted"
        elif state == "after" and character == '"':
            state = "quoted"
        else:
            state = "start" if character in ",\n\r" else "field"
        previous = character if state != "quoted" else ""
    return begin if state == "quoted" else None


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks of a few bytes, so that every border falls everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_index, "MARK_BYTES", 8)
        patch.setattr(json_array_file, "BLOCK_BYTES", 64)
        patch.setattr(json_array_file, "MARK_BYTES", 8)
        yield


def holding(content: bytes) -> FileBytes:
    """An open file with this content that is gone when nobody reads it any more."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return FileBytes(Path(file.name))


def indexed(text: str, encoding: str, keeps_blank: bool) -> RecordFile:
    width = 1 if keeps_blank else WIDTH
    source = RecordFile(
        holding(text.encode(encoding)), ENCODINGS[encoding], delimiter=",", width=width, keeps_blank=keeps_blank
    )
    source.build(job(), lambda: None)
    return source


TOKENS = ['"', '""', '"a,b"', '"x""y"', '"l\nl"', "plain", "é", "😀", 'in"ch', ",", ",", "\n", "\r\n", "\r", " "]
CONTENT = st.lists(st.sampled_from(TOKENS), max_size=60).map("".join)


@settings(max_examples=800, deadline=None)
@given(
    text=CONTENT,
    encoding=st.sampled_from(sorted(ENCODINGS)),
    keeps_blank=st.booleans(),
    first=st.integers(0, 40),
    count=st.integers(1, 9),
    block=st.sampled_from([5, 11, 150]),
)
@example('a"b,c\n"d""e,\n",f\n', "utf-8", False, 0, 5, 11)
@example('"' + "x" * 40 + '"",\r\n"\r\n"', "utf-8", False, 0, 5, 11)
@example('\r\n\r\na,b,c\r"', "utf-16-le", False, 0, 5, 11)
@example('in"ch,"b"",",c\n1,2,3\n', "utf-8", False, 0, 5, 11)
@example("a\r\n" * 80, "utf-8", False, 0, 9, 150)
@example('a,b,c\n1,2,3\n"never,closed\nlast,line,here', "utf-8", False, 1, 9, 150)
def test_index_and_pages_equal_csv_reader(
    text: str, encoding: str, keeps_blank: bool, first: int, count: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_index, "BLOCK_BYTES", block)
        source = indexed(text, encoding, keeps_blank)
    begin = open_quote(text)
    rows = list(csv.reader(io.StringIO(text[:begin], newline="")))
    if begin is not None:
        rows += csv.reader(io.StringIO(text[begin:], newline=""), quoting=csv.QUOTE_NONE)
    expected = [row or [""] for row in rows if row or keeps_blank]
    assert list(source.records(0, 1000, job())) == expected
    assert source.index.records == len(expected)
    assert source.index.bad_records == sum(len(row) != (1 if keeps_blank else WIDTH) for row in expected)
    assert source.index.blank_lines == len(rows) - len(expected)
    assert list(source.records(first, count, job())) == expected[first : first + count]
    assert (source.index.unquoted_from is None) == (begin is None)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('ab"\\[]{},é\n'), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(JSON_VALUES, max_size=12),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    indented=st.booleans(),
    first=st.integers(0, 12),
)
def test_elements_of_an_array_equal_those_json_finds(
    values: list[object], encoding: str, indented: bool, first: int
) -> None:
    text = json.dumps(values, ensure_ascii=False, indent=2 if indented else None)
    file = holding(text.encode(encoding, "surrogatepass"))
    source = JsonArrayFile(file, ENCODINGS[encoding], len("[".encode(encoding)))
    source.build(job(), lambda: None)
    assert source.index.records == len(values)
    if "\\ud" not in json.dumps(values).lower():
        assert [json.loads(text) for text in source.texts(first, 5, job())] == values[first : first + 5]
