"""The columns of the grid: hidden, found, frozen, widened, and those that come late."""

from __future__ import annotations

from grid_host import SIZE, Column, Host, Source, columns, press, screen, status

from cursus_tui.widgets.column_chooser import ColumnChooser, ColumnList


async def test_hidden_columns_come_back() -> None:
    host = Host(Source(columns(4), 5))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "l", "minus")
        assert screen(host.grid)[0].split() == ["col0", "col2", "col3"]
        assert host.grid.cursor_column == 2
        assert "1 hidden: C" in status(host.grid)
        await press(pilot, "minus", "minus")
        assert screen(host.grid)[0].split() == ["col0"]
        await press(pilot, "minus")
        assert screen(host.grid)[0].split() == ["col0"]
        await press(pilot, "C")
        assert isinstance(host.screen, ColumnChooser)
        await press(pilot, "down", "space", "escape")
        assert screen(host.grid)[0].split() == ["col0", "col1"]
        await press(pilot, "C", "a", "escape")
        assert screen(host.grid)[0].split() == ["col0", "col1", "col2", "col3"]


async def test_going_to_a_column_by_name_brings_it_back() -> None:
    host = Host(Source(columns(10_000), 5))
    async with host.run_test(size=SIZE) as pilot:
        host.grid.layout_of_columns.hide(9_000)
        await press(pilot, "c", *"COL9000", "enter")
        assert host.grid.cursor_column == 9_000
        assert "r0c9000" in screen(host.grid)[2]
        await press(pilot, "c", *"l77", "down", "down", "enter")
        assert host.grid.cursor_column == 770


async def test_ten_thousand_columns_ask_only_for_those_in_sight() -> None:
    source = Source(columns(10_000), 5)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "end")
        assert "r0c9999" in screen(host.grid)[2]
        assert len(source.asked) <= 4
        await press(pilot, "C")
        assert host.screen.query_one(ColumnList).row_count == 10_000


async def test_frozen_columns_stay_and_leave_room() -> None:
    wide = [Column("x" * 60), Column("y" * 60), *columns(40)]
    host = Host(Source(wide, 50))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "exclamation_mark", "right", "exclamation_mark")
        await press(pilot, "end")
        lines = screen(host.grid)
        assert "col39" in lines[0]
        assert "│" in lines[0]
        assert lines[0].index("│") <= 45
        assert "r0c0" in lines[2]
        await press(pilot, "home", "exclamation_mark", "home", "exclamation_mark")
        assert host.grid.layout_of_columns.frozen == []
        assert "│" not in screen(host.grid)[0]


async def test_every_column_can_be_frozen() -> None:
    host = Host(Source(columns(3), 5))
    async with host.run_test(size=SIZE) as pilot:
        for _ in range(3):
            await press(pilot, "end", "exclamation_mark")
        assert sorted(screen(host.grid)[0].split()) == ["col0", "col1", "col2"]


async def test_width_toggles_and_is_kept_when_other_cells_come() -> None:
    host = Host(Source(columns(2), 1000, value=lambda row, column: "w" * 40))
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert screen(host.grid)[2].count("w") == 27 * 2
        assert "…" in screen(host.grid)[2]
        await press(pilot, "underscore")
        assert "w" * 40 + " " in screen(host.grid)[2]
        await press(pilot, "G", "g")
        assert "w" * 40 + " " in screen(host.grid)[2]
        await press(pilot, "underscore")
        assert screen(host.grid)[2].count("w") == 27 * 2


async def test_numbers_widen_their_column_as_they_grow() -> None:
    host = Host(Source([Column("n", "int", True), Column("x")], 10_000_000, value=lambda row, column: str(row)))
    async with host.run_test(size=SIZE) as pilot:
        await press(pilot, "G")
        assert screen(host.grid)[22].split() == ["10000000", "9999999", "9999999"]


async def test_wide_characters_keep_columns_in_line() -> None:
    host = Host(Source(columns(3), 5, value=lambda row, column: "東京" * (row + 4) if column == 1 else "a"))
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        widths = {host.grid.render_line(y).cell_length for y in range(24)}
        assert widths == {host.grid.line_width}


async def test_columns_that_come_late_are_shown() -> None:
    source = Source(columns(2), 5)
    host = Host(source)
    async with host.run_test(size=SIZE) as pilot:
        await pilot.pause()
        source.columns = columns(3)
        source.grow(5, exact=True)
        await pilot.pause()
        assert screen(host.grid)[2].split() == ["1", "r0c0", "r0c1", "r0c2"]
