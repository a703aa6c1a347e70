"""The virtual grid, driven with real keys at 80x24 over sources that answer when the test says so."""

from __future__ import annotations

import re

import pytest
from grid_host import SIZE, Column, Host, Source, columns, press, screen, status

from cursus_tui.widgets.data_grid import DataGrid
from cursus_tui.widgets.grid_tiles import KEPT_TILES
from cursus_tui.widgets.record_view import CellScreen, FieldList, RecordScreen, TextPage


async def test_header_types_rows_and_status() -> None:
    source = Source([Column("id", "int", True), Column("name")], 1000, note="utf-16, semicolon")
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        lines = screen(host.grid)
        assert lines[0].split() == ["id", "name"]
        assert lines[1].split() == ["int", "text"]
        assert lines[2].split() == ["1", "r0c0", "r0c1"]
        assert lines[22].split() == ["21", "r20c0", "r20c1"]
        assert status(host.grid) == "row 1 of 1,000 · id int · utf-16, semicolon"
        assert {len(line) for line in lines} == {host.grid.line_width}


async def test_a_grid_that_is_looked_at_before_it_is_laid_out_asks_for_its_cells() -> None:
    host = Host(None)
    async with host.run_test(size=SIZE) as pilot:
        host.grid.display = False
        await pilot.pause()
        host.grid.show(Source(columns(2), 10))
        host.grid.display = True
        # As when something is painted meanwhile. To the layout it then was there before, and no resize comes.
        host.screen._compositor.update_widgets({host.grid})
        assert host.grid.size == SIZE
        await pilot.pause()
        assert screen(host.grid)[2].split() == ["1", "r0c0", "r0c1"]


async def test_arrows_letters_and_ends() -> None:
    host = Host(Source(columns(30), 1000))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "j", "down", "l", "right", "right", "h", "k")
        assert (host.grid.cursor_row, host.grid.cursor_column) == (1, 2)
        await press(pilot, "G", "end")
        assert (host.grid.cursor_row, host.grid.cursor_column) == (999, 29)
        assert screen(host.grid)[22].split()[0] == "1000"
        assert "r999c29" in screen(host.grid)[22]
        await press(pilot, "g", "home")
        assert (host.grid.cursor_row, host.grid.cursor_column, host.grid.left) == (0, 0, 0)
        await press(pilot, "k", "h")
        assert (host.grid.cursor_row, host.grid.cursor_column) == (0, 0)


async def test_pages_cost_few_requests() -> None:
    source = Source(columns(8), 10_000_000)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert len(source.asked) == 1
        await press(pilot, *["pagedown"] * 14)
        assert host.grid.top == 14 * host.grid.body_height
        tiles = (15 * host.grid.body_height + host.grid.body_height) // 256 + 1
        assert len(source.asked) <= tiles
        assert all(rows == 256 and len(asked) <= 16 for _, rows, asked in source.asked)
        await press(pilot, *["pageup"] * 15)
        assert (host.grid.top, host.grid.cursor_row) == (0, 0)
        assert len(source.asked) <= tiles


async def test_the_next_page_is_fetched_before_it_is_seen() -> None:
    source = Source(columns(3), 100_000)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        host.grid.go_to_row(240)
        await pilot.pause()
        assert [first for first, _, _ in source.asked] == [0, 256]


async def test_jump_to_row_ten_million() -> None:
    host = Host(Source(columns(3), 10_000_000))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "L", *"10000000", "enter")
        assert host.grid.cursor_row == 9_999_999
        assert "r9999999c0" in screen(host.grid)[22]
        await press(pilot, "L", *"50%", "enter")
        assert host.grid.cursor_row == 5_000_000
        await press(pilot, "L", *"nowhere", "enter", "escape")
        await press(pilot, "L", *"10000001", "enter", "escape")
        assert host.grid.cursor_row == 5_000_000


async def test_placeholders_until_cells_arrive_and_the_newest_wins() -> None:
    source = Source(columns(3), 1_000_000, held=True)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert set(screen(host.grid)[2].split()[1:]) == {"·"}
        await press(pilot, "G")
        first, last = source.open[0][0], source.open[-1][0]
        assert first.cancelled()
        assert not last.cancelled()
        source.release()
        await pilot.pause()
        assert "r999999c0" in screen(host.grid)[22]
        await press(pilot, "g")
        assert set(screen(host.grid)[2].split()[1:]) == {"·"}


async def test_only_changed_lines_are_painted() -> None:
    host = Host(Source(columns(5), 1000))
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        lines: list[int] = []
        paint = host.grid.render_line

        def counted(y: int):
            lines.append(y)
            return paint(y)

        host.grid.render_line = counted  # type: ignore[method-assign]
        await press(pilot, "j")
        assert sorted(set(lines)) == [2, 3, 23]
        lines.clear()
        await press(pilot, "l")
        assert sorted(set(lines)) == [0, 3, 23]


async def test_kept_tiles_are_bounded() -> None:
    source = Source(columns(16), 10_000_000)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        for row in range(0, 10_000_000, 250_000):
            host.grid.go_to_row(row)
            await pilot.pause()
        assert host.grid.tiles is not None
        assert len(host.grid.tiles) <= KEPT_TILES


async def test_nulls_are_not_empty_texts() -> None:
    host = Host(Source(columns(2), 2, value=lambda row, column: [None, ""][row]))
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        lines = screen(host.grid)
        assert lines[2].split() == ["1", "∅", "∅"]
        assert lines[3].split() == ["2"]
        null = next(segment for segment in host.grid.render_line(2) if "∅" in segment.text)
        assert null.style is not None
        assert null.style.italic


async def test_bad_rows_are_marked_and_counted() -> None:
    host = Host(Source(columns(2), 10, bad=frozenset({3})))
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert screen(host.grid)[5].split()[0] == "4!"
        assert "1 bad" in status(host.grid)


EVIL = "\x1b[31m[bold]\x9b\u202e[/nope]\x07"


async def test_nothing_untrusted_reaches_the_terminal() -> None:
    source = Source([Column(EVIL, EVIL), Column("b")], 3, value=lambda row, column: EVIL, note=EVIL)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        await press(pilot, "escape", "space")
        await press(pilot, "enter", "escape", "escape", "C")
        await press(pilot, "escape", "y")
        text = "\n".join(screen(host.grid)) + host.grid.problem
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
        assert "[/nope]" in text


async def test_failures_are_said_and_tried_again_on_the_next_key() -> None:
    source = Source(columns(2), 1000, error=RuntimeError("the process ended [/]"))
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert status(host.grid).startswith("the process ended [/]")
        assert screen(host.grid)[2].split()[1:] == ["?", "?"]
        assert len(source.asked) == 1
        source.error = None
        await press(pilot, "j")
        assert screen(host.grid)[2].split()[1:] == ["r0c0", "r0c1"]
        assert status(host.grid).startswith("row 2")
        assert host.said == ["the process ended [/]"]


async def test_cell_view_shows_all_of_a_cell() -> None:
    text = "first\nsecond\t[bold]x[/]\n" + "long " * 1000
    host = Host(Source(columns(2), 3, value=lambda row, column: text if row == 1 else None))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "j", "enter")
        assert isinstance(host.screen, CellScreen)
        assert host.said == [(1, 0)]
        page = host.screen.query_one(TextPage)
        await pilot.pause()
        shown = [page.render_line(y).text.rstrip() for y in range(page.size.height)]
        assert shown[:2] == ["first", "second  [bold]x[/]"]
        await press(pilot, "G")
        assert "long" in page.render_line(page.size.height - 1).text
        await press(pilot, "y")
        assert host.clipboard == text
        await press(pilot, "escape", "k", "enter")
        await pilot.pause()
        assert "null" in host.screen.query_one(TextPage).render_line(0).text


async def test_record_view_goes_through_rows_and_comes_back_there() -> None:
    host = Host(Source(columns(50), 30, bad=frozenset({2})))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "l", "space")
        assert isinstance(host.screen, RecordScreen)
        fields = host.screen.query_one(FieldList)
        await pilot.pause()
        assert fields.cursor == 1
        await press(pilot, "right", "right", "j")
        assert [cell.text for cell in fields.cells][:2] == ["r2c0", "r2c1"]
        assert "too short" in str(host.screen.query_one(".grid-dialog").border_subtitle)
        await press(pilot, "enter")
        assert isinstance(host.screen, CellScreen)
        await press(pilot, "escape", "y")
        assert host.clipboard == "r2c2"
        await press(pilot, "escape")
        assert (host.grid.cursor_row, host.grid.cursor_column) == (2, 2)


async def test_copying_a_cell_and_a_row() -> None:
    host = Host(Source(columns(3), 3, value=lambda row, column: [None, "a\tb", "c" * 90_000][column]))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "l", "y")
        assert host.clipboard == "a\tb"
        await press(pilot, "Y")
        assert host.clipboard.startswith("\ta b\tcc")
        assert len(host.clipboard) == 74_000


@pytest.mark.parametrize("rows", [0, 1])
async def test_tables_of_no_and_one_row_take_every_key(rows: int) -> None:
    host = Host(Source(columns(2), rows))
    async with host.run_test(size=SIZE) as pilot:
        for key in ("j", "k", "G", "g", "pagedown", "pageup", "end", "home", "exclamation_mark", "underscore", "minus"):
            await press(pilot, key)
        for key in ("enter", "space", "L", "c", "C"):
            await press(pilot, key)
            await press(pilot, "escape")
        await press(pilot, "y", "Y")
        assert status(host.grid).startswith("row 1 of 1" if rows else "no rows")
        assert host.screen.query(DataGrid)


async def test_a_table_without_columns_and_a_grid_without_table() -> None:
    host = Host(Source([], 0))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "j", "l", "end", "minus", "exclamation_mark", "C", "space")
        host.grid.show(None, "nothing [/] here\x1b")
        await press(pilot, "j", "G", "enter", "L", "C", "y", "minus", "exclamation_mark")
        assert screen(host.grid)[0].startswith("nothing [/] here␛")


async def test_rows_that_are_still_counted() -> None:
    source = Source(columns(2), 100, rows_exact=False, estimated_rows=5000)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert status(host.grid).startswith("row 1 of 100+, ~5,000 counting…")
        await press(pilot, "G")
        assert host.grid.cursor_row == 99
        source.grow(2000, exact=False)
        await pilot.pause()
        assert host.grid.cursor_row == 1999
        source.grow(4711, exact=True)
        await pilot.pause()
        assert host.grid.cursor_row == 4710
        assert "r4710c0" in screen(host.grid)[22]
        assert status(host.grid).startswith("row 4,711 of 4,711 ·")


async def test_a_row_not_counted_yet_is_gone_to_when_it_is() -> None:
    source = Source(columns(2), 100, rows_exact=False)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "L", *"3000", "enter")
        source.grow(2000, exact=False)
        await pilot.pause()
        source.grow(5000, exact=False)
        await pilot.pause()
        assert host.grid.cursor_row == 2999
        await press(pilot, "j")
        source.grow(6000, exact=True)
        await pilot.pause()
        assert host.grid.cursor_row == 3000


async def test_a_tile_that_was_short_is_asked_for_again() -> None:
    source = Source(columns(2), 10, rows_exact=False)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        source.grow(300, exact=True)
        await pilot.pause()
        assert "r20c0" in screen(host.grid)[22]


async def test_another_source_lets_the_first_go() -> None:
    first, second = Source(columns(2), 10, held=True), Source(columns(1), 3)
    host = Host(first)
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "j")
        host.grid.show(second)
        await pilot.pause()
        assert first.open[0][0].cancelled()
        assert first.listeners == []
        first.release()
        await pilot.pause()
        assert screen(host.grid)[2].split() == ["1", "r0c0"]
        assert host.grid.cursor_row == 0
    assert second.listeners == []


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (5, 1), (1, 1), (200, 60)])
async def test_any_size_is_painted(size: tuple[int, int]) -> None:
    host = Host(Source([Column("a" * 50), *columns(5)], 10_000_000))
    async with host.run_test(size=size) as pilot:
        await press(pilot, "G", "end", "exclamation_mark", "g", "space")
        await press(pilot, "escape", "enter")
        await press(pilot, "escape")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await press(pilot, "G")
        assert screen(host.grid)[22].split()[0] == "10000000"
        shown = screen(host.grid)[0].split()
        assert "col4" in shown
        assert len(shown) >= 4


async def test_the_mouse_moves_the_cursor_and_the_wheel_fetches() -> None:
    source = Source(columns(4), 5000)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(DataGrid, offset=(16, 6))
        assert (host.grid.cursor_row, host.grid.cursor_column) == (4, 1)
        host.grid.scroll_to(y=3000, animate=False)
        await pilot.pause()
        assert "r3000c0" in screen(host.grid)[2]
        await press(pilot, "j")
        assert host.grid.cursor_row == 5
        assert "r5c0" in "".join(screen(host.grid))
