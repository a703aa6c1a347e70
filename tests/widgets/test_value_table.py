"""The value table: what is shown at which width, edits asked for, search."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from cursus_tui.widgets.value_table import ValueRow, ValueTable

ROWS = [
    ValueRow("h", "Environment", heading=True),
    ValueRow("e1", "LABEL_FIELD", "is_fraud", "config: label_name", overridden=True),
    ValueRow("e2", "TRAIN_RATIO", "0.7", "default of the script", uncertain=True),
    ValueRow("e3", "EMPTY", "", "config"),
    ValueRow("e4", "UNSET", None, "contract"),
    ValueRow("h2", "Arguments", heading=True),
    ValueRow("a1", "--job_type", "training", "node name", editable=False),
    ValueRow("a2", "--long", "[b]" + "x" * 60 + "END\x1b", "config"),
]


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield ValueTable()

    def on_value_table_edit_requested(self, message: ValueTable.EditRequested) -> None:
        self.told.append(f"edit {message.key}")

    def on_value_table_edit_refused(self, message: ValueTable.EditRefused) -> None:
        self.told.append(f"refused {message.key}")

    @property
    def table(self) -> ValueTable:
        return self.query_one(ValueTable)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]


async def test_rows_show_name_value_origin_and_marks() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.set_rows(ROWS)
        await pilot.pause()
        lines = app.lines()
        assert lines[0] == " Environment"
        assert lines[1].split() == ["›*", "LABEL_FIELD", "is_fraud", "config:", "label_name"]
        assert lines[2].startswith("  ?TRAIN_RATIO 0.7")
        assert lines[3].split() == ["EMPTY", '""', "config"]
        assert lines[4].split() == ["UNSET", "not", "set", "contract"]
        assert "[b]xxx" in lines[7]
        assert "…" in lines[7]


async def test_keys_ask_for_edits_and_say_where_there_can_be_none() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.set_rows(ROWS)
        await pilot.press("equals_sign", "down", "enter", "home", "enter")
        assert app.told == ["edit e1", "edit e2"]
        assert app.table.select("a1")
        await pilot.press("=")
        assert app.told[-1] == "refused a1"
        app.table.set_rows([*ROWS[:2], *ROWS[5:]])
        assert app.table.selected == ROWS[6]
        assert not app.table.select("e4")


@pytest.mark.parametrize("width", [20, 30, 44, 60, 160])
async def test_any_width_gives_whole_rows(width: int) -> None:
    app = Host()
    async with app.run_test(size=(width, 12)) as pilot:
        app.table.set_rows(ROWS)
        await pilot.pause()
        assert all(app.table.render_line(y).cell_length == width for y in range(12))
        assert any("is_f" in line for line in app.lines())
        assert ("config: " in app.lines()[1]) == (width >= 44)


async def test_long_values_scroll_under_their_names() -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.set_rows(ROWS)
        await pilot.press(*["right"] * 12)
        assert "END␛" in app.lines()[7]
        assert app.lines()[7].startswith("   --long")
        await pilot.press(*["left"] * 12)
        assert "is_fraud" in app.lines()[1]


async def test_search_marks_and_goes_to_hits_in_any_column() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.set_rows(ROWS)
        assert app.table.find("config") == 3
        assert app.table.selected == ROWS[1]
        app.table.step_hit(1)
        assert app.table.selected == ROWS[3]
        await pilot.pause()
        marked = [s.text for s in app.table.render_line(3) if s.style and s.style.underline]
        assert marked == ["config"]
        app.table.step_hit(-1)
        app.table.step_hit(-1)
        assert app.table.selected == ROWS[7]
        assert app.table.find("nothing") == 0


async def test_no_rows_say_so() -> None:
    app = Host()
    async with app.run_test(size=(30, 4)) as pilot:
        await pilot.press("enter", "down", "right")
        app.table.set_rows([], note="No arguments.")
        await pilot.press("enter", "=", "down")
        assert app.lines()[0] == "›No arguments."
        assert app.told == []
