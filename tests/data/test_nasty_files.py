"""Files on which engines fail or lie: no row lost in silence, nothing harmful leaks, nothing but DataError comes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from cursus_tui.data.client import DataClient
from cursus_tui.data.results import DataError

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MANY = 9000
"""Rows: well past the first 64 KB."""


def lines(count: int = MANY, first: int = 0) -> str:
    return "".join(f"{n},{n:05d},name {n}\n" for n in range(first, first + count))


def all_cells(opened) -> list[list[str | None]]:
    found = []
    for first in range(0, opened.rows, 256):
        found += opened.cells(first)
    return found


def harmless(opened) -> bool:
    texts = [column.name for column in opened.info.columns] + [opened.info.note]
    texts += [cell for row in opened.cells() for cell in row if cell]
    for row in range(min(3, opened.rows)):
        record = opened.client.record(opened.info.view, row).result(30)
        texts += [cell.text or "" for cell in record.cells] + [cell.name for cell in record.cells]
    return not any(HARMFUL.search(text) for text in texts)


@pytest.mark.parametrize(
    ("encoding", "text", "said"),
    [
        ("latin-1", "name,city\nJosé,Zürich\n", "cp1252"),
        ("cp1252", "name,city\n“José”,Zürich €\n", "cp1252"),
        ("shift-jis", "名前,都市\nたなか,とうきょう\nスズキ,オオサカ\n", "Shift-JIS"),
        ("utf-8-sig", "name,city\nJosé,Zürich\n", ""),
        ("utf-16", "name,city\nJosé,Zürich\n😀,x\n", "utf-16-le"),
        ("utf-16-be", "name,city\nJosé,Zürich\n", "without a byte order mark"),
        ("utf-32", "name,city\nJosé,Zürich\n", "utf-32"),
    ],
)
def test_encodings_are_seen_and_named(opened, encoding: str, text: str, said: str) -> None:
    found = opened(text.encode(encoding))
    expected = [line.split(",") for line in text.splitlines()]
    assert [column.name for column in found.info.columns] == expected[0]
    assert found.cells() == expected[1:]
    assert said in found.info.note


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_wide_encodings_are_paged(opened, encoding: str) -> None:
    found = opened(("id,zip,text\n" + lines().replace("name", "naïve 😀")).encode(encoding))
    assert (found.rows, found.info.rows_exact, found.info.bad_rows) == (MANY, True, 0)
    assert found.cells(8000, 1) == [["8000", "08000", "naïve 😀 8000"]]


def test_a_late_byte_that_is_no_character_is_shown_and_counted(opened) -> None:
    found = opened(("id,zip,text\nfirst,é,x\n" + lines()).encode() + b"9,9,\xff\xfe end\n")
    assert found.rows == MANY + 2
    assert found.cells(MANY + 1, 1) == [["9", "9", "<FF><FE> end"]]
    assert "2 bytes that are no characters" in found.info.note


def test_a_file_that_is_western_only_late_is_read_as_that(opened) -> None:
    found = opened(("id,zip,text\n" + lines()).encode() + "1,2,Zürich\n".encode("cp1252"))
    assert found.cells(MANY, 1) == [["1", "2", "Zürich"]]
    assert "cp1252" in found.info.note


def test_a_late_ragged_row_is_counted_marked_and_shown(opened) -> None:
    found = opened(("id,zip,text\n" + lines() + "short,row\nlong,row,with,two more\n" + lines(5)).encode())
    assert (found.rows, found.info.bad_rows, found.info.first_bad_row) == (MANY + 7, 2, MANY)
    assert found.cells(MANY, 2) == [["short", "row", None], ["long", "row", "with"]]
    assert found.bad(MANY - 10, 20) == (MANY, MANY + 1)
    record = found.client.record(found.info.view, MANY + 1).result(30)
    assert [cell.text for cell in record.cells] == ["long", "row", "with", "two more"]
    assert "4 fields where 3" in record.note


def test_a_short_ragged_file_stays_in_columns(opened) -> None:
    found = opened(b"a,b,c\n1,2\n1,2,3,4\n5,6,7\n")
    assert [column.name for column in found.info.columns] == ["a", "b", "c"]
    assert found.cells() == [["1", "2", None], ["1", "2", "3"], ["5", "6", "7"]]
    assert found.info.bad_rows == 2


def test_a_late_quoted_line_end_does_not_split_a_row(opened) -> None:
    found = opened(("id,zip,text\n" + lines() + '7,7,"two\nlines, and ""quotes"""\n' + lines(2)).encode())
    assert (found.rows, found.info.bad_rows) == (MANY + 3, 0)
    assert found.cells(MANY, 1) == [["7", "7", 'two␊lines, and "quotes"']]
    cell = found.client.cell(found.info.view, MANY, 2).result(30)
    assert cell.text == 'two\nlines, and "quotes"'


def test_a_late_quote_that_never_closes_swallows_nothing(opened) -> None:
    found = opened(("id,zip,text\n" + lines() + '7,"7,x\n' + lines(3000)).encode())
    assert found.rows == MANY + 1 + 3000
    assert found.cells(MANY, 2) == [["7", '"7', "x"], ["0", "00000", "name 0"]]
    assert found.cells(MANY + 3000, 1) == [["2999", "02999", "name 2999"]]
    assert "never closed" in found.info.note


def test_a_quote_that_never_closes_in_the_first_line(opened) -> None:
    found = opened(('"id,zip,text\n' + lines(50)).encode())
    assert len(found.info.columns) == 3
    assert found.rows == 50
    assert found.cells(49, 1) == [["49", "00049", "name 49"]]


def test_quotes_within_fields_mean_nothing(opened) -> None:
    text = "size,text\n" + '5" pipe,a "b" c\n' * MANY
    found = opened(text.encode())
    assert (found.rows, found.info.bad_rows) == (MANY, 0)
    assert found.cells(MANY - 1, 1) == [['5" pipe', 'a "b" c']]


@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz", "part-00000"])
def test_gzip_is_seen_by_its_bytes(opened, name: str) -> None:
    found = opened(gzip.compress(("id,zip,text\n" + lines()).encode()), name)
    if name == "part-00000":
        assert found.info.kind == "text"
        return
    assert found.info.kind == "csv"
    assert found.rows == MANY
    assert found.cells(8765, 1) == [["8765", "08765", "name 8765"]]


def test_several_gzip_members_are_one_file(opened) -> None:
    first, second = ("id,zip,text\n" + lines(10)).encode(), lines(10, first=10).encode()
    found = opened(gzip.compress(first) + gzip.compress(second))
    assert (found.rows, found.cells(19, 1)) == (20, [["19", "00019", "name 19"]])
    assert found.info.note == ""


def test_a_large_gzip_file_is_entered_in_the_middle(opened) -> None:
    text = "id,zip,text\n" + "".join(f"{n},{n:05d},{'x' * 400}\n" for n in range(45_000))
    found = opened(gzip.compress(text.encode(), 1))
    assert found.rows == 45_000
    for row in (44_999, 3, 30_000):
        assert found.cells(row, 1, 2) == [[str(row), f"{row:05d}"]]


def test_a_truncated_gzip_file_shows_what_is_there_and_says_so(opened) -> None:
    content = gzip.compress(("id,zip,text\n" + lines()).encode())
    found = opened(content[: len(content) // 2])
    assert 100 < found.rows < MANY
    assert found.cells(99, 1) == [["99", "00099", "name 99"]]
    assert "cut off" in found.info.note


def test_a_damaged_gzip_file_shows_what_is_there_and_says_so(opened) -> None:
    content = bytearray(gzip.compress(("id,zip,text\n" + lines()).encode()))
    content[len(content) // 2 :] = b"\xff" * 1000
    found = opened(bytes(content))
    assert found.rows > 100
    assert "damaged" in found.info.note


def test_a_field_of_five_megabytes(opened) -> None:
    found = opened(b"id,text\n1," + b"x" * 5_000_000 + b"\n2,y\n")
    assert found.rows == 2
    (first, second) = found.cells()
    assert second == ["2", "y"]
    assert first[1] is not None
    assert len(first[1]) == 200
    cell = found.client.cell(found.info.view, 0, 1).result(30)
    assert (cell.characters, len(cell.text or "")) == (5_000_000, 1 << 20)


def test_nul_bytes_are_shown(opened) -> None:
    found = opened(b"id,text\n1,a\x00b\n2,\x00\n")
    assert found.cells() == [["1", "a␀b"], ["2", "␀"]]


@pytest.mark.parametrize(
    ("content", "rows", "columns"),
    [
        (b"", 0, 0),
        (b"\n", 0, 0),
        (b"\n\n\n", 0, 0),
        (b"\xef\xbb\xbf", 0, 0),
        (b"a,b,c", 0, 3),
        (b"a,b,c\n", 0, 3),
        (b"a,b\n1,2", 1, 2),
        (b"a,b\r\n1,2\r\n3,4\r\n", 2, 2),
        (b"a,b\r1,2\r3,4", 2, 2),
        (b"a\n1\n\n3\n", 3, 1),
        (b"a,b\n1,2\n\n3,4\n\n", 2, 2),
        (b"a,a,a\n1,2,3\n", 1, 3),
        (b'"a,b\n', 0, 2),
    ],
)
def test_small_and_odd_shapes(opened, content: bytes, rows: int, columns: int) -> None:
    found = opened(content)
    assert (found.rows, len(found.info.columns), found.info.rows_exact) == (rows, columns, True)
    assert len(found.cells()) == rows


def test_blank_lines_are_named_where_they_are_no_rows(opened) -> None:
    assert "2 blank lines skipped" in opened(b"a,b\n1,2\n\n3,4\n\n").info.note


def test_ten_thousand_columns(opened) -> None:
    width = 10_000
    rows = [",".join(f"c{n}" for n in range(width))]
    rows += [",".join(f"{row}.{n}" for n in range(width)) for row in range(4)]
    found = opened("\n".join(rows).encode())
    assert (len(found.info.columns), found.rows) == (width, 4)
    window = found.client.window(found.info.view, 0, 4, (9_998, 9_999)).result(30)
    assert window.cells[3] == ("3.9998", "3.9999")
    assert len(found.client.record(found.info.view, 2).result(30).cells) == width


EVIL = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egnp.exe\u200b\ufeff\x08\r"


def test_no_control_character_leaks_from_cells_headers_or_notes(opened) -> None:
    quoted = '"' + EVIL + '"'
    found = opened(f"plain,{quoted}\n{quoted},{quoted}\n1,2\n".encode())
    assert found.rows == 2
    assert harmless(found)
    assert "red" in found.info.columns[1].name


@pytest.mark.parametrize("value", ["00123", "1e5", "1.10", " x ", "NaN", "NULL", "N/A", "true", "1_000", "-0"])
def test_values_stay_as_the_file_has_them(opened, value: str) -> None:
    assert opened(f"a,b\n{value},x\n".encode()).cells() == [[value, "x"]]


def test_an_empty_field_is_empty_and_a_lacking_one_is_null(opened) -> None:
    assert opened(b'a,b,c\n,"",x\n1\n').cells() == [["", "", "x"], ["1", None, None]]


def test_types_are_inferred_for_the_header_only(opened) -> None:
    found = opened(
        b"zip,n,f,b,d,t,mixed,none\n"
        b"00123,1,1.5,true,2024-01-02,2024-01-02 03:04:05,1,\n"
        b"00456,-2,2,False,2024-01-03,2024-01-02T03:04:05Z,x,\n"
    )
    kinds = ["text", "int", "float", "bool", "date", "timestamp", "text", "text"]
    assert [column.type for column in found.info.columns] == kinds
    assert [column.numeric for column in found.info.columns] == [kind in ("int", "float") for kind in kinds]


def test_a_file_without_header_is_seen(opened) -> None:
    found = opened(b"1,2.5,x\n2,3.5,y\n3,4.5,z\n")
    assert found.rows == 3
    assert [column.name for column in found.info.columns] == ["column 1", "column 2", "column 3"]
    assert "no header" in found.info.note
    assert opened(b"0,1\n0.5,0.5\n0.1,0.9\n").rows == 2


@pytest.mark.parametrize(("line", "rows"), [("25.0,0,US", 1), ("id,2025-01-31", 1), ("id,amount", 0), ("0,1,2", 0)])
def test_a_lone_line_of_values_is_a_row(opened, line: str, rows: int) -> None:
    assert opened(f"{line}\n".encode()).rows == rows


@pytest.mark.parametrize(("delimiter", "word"), [("\t", "tab"), (";", "semicolon"), ("|", "bar")])
def test_other_delimiters_are_seen(opened, delimiter: str, word: str) -> None:
    found = opened(("a,b,c\n1,x,2\n" * 3).replace(",", delimiter).replace("x", "x,y").encode())
    assert len(found.info.columns) == 3
    assert found.cells(0, 1) == [["1", "x,y", "2"]]
    assert word in found.info.note


def test_a_tsv_keeps_its_commas(opened) -> None:
    found = opened(b"a\tb\nx,y\t2\n", "file.tsv")
    assert (found.info.kind, found.cells(), found.info.note) == ("tsv", [["x,y", "2"]], "")


def test_a_file_that_changed_is_not_shown_from_old_offsets(opened, client: DataClient) -> None:
    found = opened(("id,zip,text\n" + lines()).encode())
    found.path.write_text("id,zip,text\n")
    with pytest.raises(DataError, match="changed while it was open"):
        found.cells()


def test_what_cannot_be_opened_says_so(client: DataClient, tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="not a regular file"):
        client.open(tmp_path / "pipe.csv").result(30)
    with pytest.raises(DataError, match="not a regular file"):
        client.open(tmp_path).result(30)
    with pytest.raises(DataError, match="No such file"):
        client.count_rows(tmp_path / "absent.csv").result(30)


def test_random_bytes_never_break_the_process(opened, client: DataClient) -> None:
    import random

    generator = random.Random(7)
    before = client.pid
    for name in ("x.csv", "x.json", "x.jsonl", "x.parquet", "x.csv.gz", "x", "x.tsv", "x.txt"):
        for head in (b"", b"PAR1", b"\x1f\x8b\x08", b"[{", b'{"a":', b"\xff\xfe", b'a,b\n"'):
            path_content = head + generator.randbytes(300)
            try:
                found = opened(path_content, name)
            except DataError:
                continue
            if found.info.is_table and found.info.columns:
                assert harmless(found)
    assert client.pid == before
