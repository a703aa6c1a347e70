"""Parquet, JSON, text and everything else."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cursus_tui.data.client import DataClient
from cursus_tui.data.results import DataError
from cursus_tui.data.table_view import TableView
from cursus_tui.widgets.grid_source import GridSource


def parquet(opened, table: pa.Table, tmp_path: Path, **options: object):
    pq.write_table(table, tmp_path / "made.parquet", **options)
    return opened((tmp_path / "made.parquet").read_bytes(), "it's [1] of *.parquet")


def test_parquet_values_are_readable_and_nulls_are_null(opened, tmp_path: Path) -> None:
    utc = datetime.UTC
    table = pa.table(
        {
            "i": [1, None],
            "I": [3, 4],
            "dec": pa.array([decimal.Decimal("1.50"), None]),
            "ts": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5, 600, tzinfo=utc), None]),
            "day": pa.array([datetime.date(2024, 1, 2), None]),
            "list": [[1, 2], None],
            "struct": [{"x": 1, "y": "a"}, None],
            "bin": [b"\x00\xffA", None],
            "text": ["a\x1b[31m\nb", ""],
            "f": [1e20, float("nan")],
            "b": [True, None],
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    found = parquet(opened, table, tmp_path)
    assert found.info.kind == "parquet"
    assert [column.name for column in found.info.columns] == table.column_names
    kinds = {column.name: column.type for column in found.info.columns}
    assert (kinds["i"], kinds["text"], kinds["dec"], kinds["b"]) == ("int64", "text", "decimal(3,2)", "bool")
    assert found.cells() == [
        [
            *("1", "3", "1.50", "2024-01-02 03:04:05.0006+00", "2024-01-02", "[1, 2]", "{'x': 1, 'y': a}"),
            *("3 bytes: 00ff41", "a␛[31m␊b", "1e+20", "true", "{k=1}"),
        ],
        [None, "4", None, None, None, None, None, None, "", "nan", None, None],
    ]
    record = found.client.record(found.info.view, 0).result(10)
    assert [cell.text for cell in record.cells][8] == "a␛[31m\nb"
    assert record.cells[7].text == "3 bytes: 00ff41"


def test_parquet_windows_cross_row_groups_in_order(opened, tmp_path: Path) -> None:
    found = parquet(opened, pa.table({"n": range(10_000)}), tmp_path, row_group_size=777)
    assert (found.rows, found.info.rows_exact) == (10_000, True)
    for first in (0, 700, 5_000, 9_900):
        assert found.cells(first, 200) == [[str(n)] for n in range(first, min(10_000, first + 200))]
    assert found.client.record(found.info.view, 9_999).result(10).cells[0].text == "9999"


def test_a_long_parquet_text_is_cut_in_windows_only(opened, tmp_path: Path) -> None:
    found = parquet(opened, pa.table({"t": ["é" * 3_000_000]}), tmp_path)
    cut = found.cells()[0][0]
    assert cut is not None
    assert (len(cut), cut[-1]) == (200, "…")
    cell = found.client.cell(found.info.view, 0, 0).result(10)
    assert (cell.characters, len(cell.text or "")) == (3_000_000, 1 << 20)


def test_parquet_without_rows_or_columns(opened, tmp_path: Path) -> None:
    found = parquet(opened, pa.table({"n": pa.array([], pa.int64())}), tmp_path)
    assert (found.rows, found.cells()) == (0, [])


def test_a_thousand_parquet_columns_make_a_record(opened, tmp_path: Path) -> None:
    found = parquet(opened, pa.table({f"c{n}": [n] for n in range(1000)}), tmp_path)
    record = found.client.record(found.info.view, 0).result(10)
    assert [cell.text for cell in record.cells] == [str(n) for n in range(1000)]


def test_a_broken_parquet_file_says_so(opened) -> None:
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        opened(b"PAR1" + b"\x00" * 100 + b"PAR1", "x.parquet")


RECORDS = [{"id": n, "name": f"n{n}", "tags": ["a", {"b": n}], "price": 1.10} for n in range(3000)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_array_of_objects(opened, indent: int | None, encoding: str) -> None:
    found = opened(json.dumps(RECORDS, indent=indent).replace("1.1}", "1.10}").encode(encoding), "x.json")
    assert (found.info.kind, found.rows) == ("json", 3000)
    assert [(column.name, column.type) for column in found.info.columns] == [
        ("id", "int"),
        ("name", "text"),
        ("tags", "list"),
        ("price", "float"),
    ]
    price = "1.10" if indent is None else "1.1"
    assert found.cells(2500, 1) == [["2500", "n2500", '["a", {"b": 2500}]', price]]


def test_json_lines_by_name_and_by_content(opened) -> None:
    text = "\n".join(json.dumps(record) for record in RECORDS)
    for name in ("x.jsonl", "x.json", "x"):
        found = opened(text.encode(), name)
        assert (found.info.kind, found.rows, found.info.bad_rows) == ("jsonl", 3000, 0)
        assert found.cells(2999, 1)[0][:2] == ["2999", "n2999"]


def test_a_key_that_comes_late_becomes_a_column(opened) -> None:
    text = "\n".join(json.dumps(record) for record in [*RECORDS, {"id": 1, "late": None}, {"late": "here"}])
    found = opened(text.encode(), "x.jsonl")
    import time

    deadline = time.monotonic() + 10
    while len(found.client.info(found.info.view).columns) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    found.info = found.client.info(found.info.view)
    assert found.info.columns[-1].name == "late"
    assert found.cells(2999, 3) == [
        ["2999", "n2999", '["a", {"b": 2999}]', "1.1", None],
        ["1", None, None, None, None],
        [None, None, None, None, "here"],
    ]


def test_lines_that_are_not_json_are_shown_and_counted(opened) -> None:
    found = opened(b'{"a": 1}\nnot json\n\n{"a": 2}\n{"a": ', "x.jsonl")
    assert found.cells() == [["1"], ["not json"], ["2"], ['{"a": ']]
    assert found.bad() == (1, 3)
    assert found.client.record(found.info.view, 1).result(10).cells[0].text == "not json"
    import time

    deadline = time.monotonic() + 10
    while found.client.info(found.info.view).bad_rows != 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("document", "columns", "cells"),
    [
        ({"auc": 0.5, "note": None, "n": {"a": [1]}}, ["key", "value", "type"], None),
        ({"a": [1, 2], "b": ["x", None]}, ["a", "b"], [["1", "x"], ["2", None]]),
        ({"a": {"0": 1, "1": 2}, "b": {"0": "", "1": None}}, ["a", "b"], [["1", ""], ["2", None]]),
        ({"columns": ["a", "b"], "index": [0], "data": [[1, "x"]]}, ["a", "b"], [["1", "x"]]),
        ([1, "two", None], ["value"], [["1"], ["two"], [None]]),
        ([[1, 2], [3, 4]], ["column 1", "column 2"], [["1", "2"], ["3", "4"]]),
        ("text", ["key", "value", "type"], [["", "text", "text"]]),
        ({}, ["key", "value", "type"], []),
        ([], [], []),
    ],
)
def test_shapes_of_documents(
    opened, document: object, columns: list[str], cells: list[list[str | None]] | None
) -> None:
    found = opened(json.dumps(document, indent=1).encode(), "x.json")
    assert [column.name for column in found.info.columns] == columns
    expected = cells
    if expected is None:
        expected = [["auc", "0.5", "float"], ["note", None, "null"], ["n", '{"a": [1]}', "object"]]
    assert found.cells() == expected


@pytest.mark.parametrize("content", [b"{broken", b'{"a": 1,}', b"", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_json_is_no_table_or_a_bad_row(opened, content: bytes) -> None:
    found = opened(content, "x.json")
    assert not found.info.is_table or found.info.bad_rows or "not closed" in found.info.note


def test_numbers_keep_their_digits(opened) -> None:
    found = opened(b'[{"n": 123456789012345678901234567890, "f": 1.2300, "e": 1E5, "x": NaN}]', "x.json")
    assert found.cells() == [["123456789012345678901234567890", "1.2300", "1E5", "NaN"]]
    assert opened(b"[" + b"9" * 6000 + b"]", "x.json").cells()[0][0][:5] == "99999"  # type: ignore[index]


def test_plain_text_is_one_column_of_lines(opened) -> None:
    found = opened(b"hello, world\n\n  indented\n", "notes.txt")
    assert (found.info.kind, found.cells()) == ("text", [["hello, world"], [""], ["  indented"]])


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("model.pkl", b"\x80\x04\x95", "pickle"),
        ("model", b"\x80\x04\x95\x00", "pickle"),
        ("model.joblib", b"\x80\x04\x95", "joblib"),
        ("x.npy", b"\x93NUMPY\x01", "npy"),
        ("x.npz", b"PK\x03\x04", "npz"),
        ("x.png", b"\x89PNG\r\n\x1a\n", "image"),
        ("_SUCCESS", b"", "empty"),
        ("blob", bytes(range(256)), "binary"),
        ("x.bst", b"{L\x00", "model"),
    ],
)
def test_other_kinds_have_kind_size_and_hex(opened, name: str, content: bytes, kind: str) -> None:
    found = opened(content, name)
    assert (found.info.kind, found.info.bytes, found.info.is_table) == (kind, len(content), False)
    dump = found.client.head_bytes(found.path, 32).result(10)
    assert "".join(line[10:58].replace(" ", "") for line in dump) == content[:32].hex()
    with pytest.raises(DataError, match="not a table"):
        found.client.window(found.info.view, 0, 1, (0,)).result(10)


def test_a_tar_in_gzip_is_not_read_as_text(opened) -> None:
    import gzip
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.bst"))
    assert opened(gzip.compress(packed.getvalue()), "model.tar.gz").info.kind == "tar.gz"


def test_a_table_view_is_what_a_grid_takes(client: DataClient, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    view: TableView = client.table(tmp_path / "x.csv").result(10)
    source: GridSource = view
    assert (source.rows, source.rows_exact, [column.name for column in source.columns]) == (1, True, ["a", "b"])
    assert source.window(0, 1, (1,)).result(10).cells == (("2",),)
    with pytest.raises(DataError):
        client.table(tmp_path / "absent.csv").result(10)
