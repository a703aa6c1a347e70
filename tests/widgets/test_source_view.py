"""The source view: what is in a line, its marks, search, and how little is done for it."""

from __future__ import annotations

from io import BytesIO
from tokenize import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.strip import Strip

from cursus_tui.widgets.source_text import SourceText, shown
from cursus_tui.widgets.source_view import SourceMark, SourceView

SCRIPT = 'import os\n\n\ndef main(a, b):\n    """Add,\n    carefully."""\n    total = a + b  # sum\n\treturn [total]\n'


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.view_at_mount = 0

    def on_mount(self) -> None:
        if self.view_at_mount:
            self.view.show("a.py", "x\n" * 100)
            self.view.reveal(self.view_at_mount)

    def compose(self) -> ComposeResult:
        yield SourceView()

    def on_source_view_line_highlighted(self, message: SourceView.LineHighlighted) -> None:
        self.told.append(f"at {message.line}")

    def on_source_view_line_chosen(self, message: SourceView.LineChosen) -> None:
        self.told.append(f"chosen {message.line}")

    def on_source_view_gutter_clicked(self, message: SourceView.GutterClicked) -> None:
        self.told.append(f"gutter {message.line}")

    @property
    def view(self) -> SourceView:
        return self.query_one(SourceView)

    def text(self, y: int) -> str:
        return self.view.render_line(y).text.rstrip()

    def styled(self, y: int, text: str) -> list:
        return [segment.style for segment in self.view.render_line(y) if text in segment.text]


def roles(source: SourceText, row: int) -> dict[str, str]:
    return {text.strip(): role for _, role, text in source.pieces(row, [])}


def test_roles_of_python() -> None:
    source = SourceText("a.py", SCRIPT)
    source.read_on(100)
    assert source.finished
    assert roles(source, 3)["def"] == "keyword"
    assert roles(source, 3)["main"] == "definition"
    assert roles(source, 5) == {'carefully."""': "string"} | ({"": "string"} if "" in roles(source, 5) else {})
    assert roles(source, 6)["# sum"] == "comment"


def test_lexing_in_slices_gives_what_lexing_at_once_gives() -> None:
    text = SCRIPT * 50
    whole, sliced = SourceText("a.py", text), SourceText("a.py", text)
    whole.read_on(10_000)
    known: list[int] = []
    while not sliced.finished:
        known.extend(sliced.read_on(7))
    assert known == list(range(len(sliced.lines)))
    assert sliced.runs == whole.runs


@given(st.text(alphabet=st.sampled_from("ab\t\r\n\x1b\x0c\u202e漢é'\"#\\[/] "), max_size=80), st.data())
def test_pieces_give_back_the_line_made_safe(text: str, data: st.DataObject) -> None:
    source = SourceText("a.py", text)
    source.read_on(1000)
    for row, line in enumerate(source.lines):
        cuts = data.draw(st.lists(st.integers(0, 90), max_size=4))
        pieces = list(source.pieces(row, cuts))
        assert "".join(piece for _, _, piece in pieces) == shown(line, 0)
        assert all(cut in {0, *(start for start, *_ in pieces)} for cut in cuts if cut < len(line))
        assert source.cells(row) == cell_len(shown(line, 0))
        assert "\x1b" not in shown(line, 0)


def test_line_numbers_are_those_of_python() -> None:
    text = "a = 1\r\nb = 2\rc = 3\n\nd = 4"
    last = list(tokenize(BytesIO(text.replace("\r\n", "\n").replace("\r", "\n").encode()).readline))
    assert SourceText("a.py", text).lines == ["a = 1", "b = 2", "c = 3", "", "d = 4"]
    assert last[-1].start[0] - 1 == 5


async def test_lines_show_numbers_code_and_marks() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show("a.py", SCRIPT, first_line=10)
        app.view.mark(13, "breakpoint")
        app.view.mark(16, "failure", columns=(12, 13), note="KeyError: '[b]'")
        app.view.mark(12, "current")
        app.view.mark(13, "current")
        app.view.mark(14, "hot")
        await pilot.pause()
        assert app.text(0) == "›  10 import os"
        assert app.text(2) == "   12"
        assert app.text(3) == " ●▶13 def main(a, b):"
        assert app.text(4).startswith("   14▌")
        assert app.text(6) == "  ✗16     total = a + b  # sum  ← KeyError: '[b]'"
        assert app.text(7) == "   17     return [total]"
        assert [bool(style.underline) for style in app.styled(6, "a")] == [False, True], "the column of the failure"
        app.view.unmark(16)
        app.view.set_marks([SourceMark(10, "condition")])
        await pilot.pause()
        assert app.text(6).startswith("   16 ")
        assert app.text(0) == "›◆ 10 import os"
        with pytest.raises(ValueError, match="no such mark"):
            app.view.mark(10, "wrong")  # type: ignore[arg-type]


async def test_the_failing_columns_are_underlined() -> None:
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show("a.py", "\tx = data['漢'] + 1\n")
        app.view.mark(1, "failure", columns=(5, 14))
        await pilot.pause()
        underlined = "".join(s.text for s in app.view.render_line(0) if s.style and s.style.underline)
        assert underlined == "data['漢']"


async def test_a_note_stays_in_sight_beside_a_long_line() -> None:
    app = Host()
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.show("a.py", "value = " + "x" * 100)
        app.view.mark(1, "failure", note="KeyError: 'amount'")
        await pilot.pause()
        assert app.text(0) == "› ✗1 value = xxxx…  ← KeyError: 'amount'"
        await pilot.press("right")
        assert app.text(0) == "› ✗1 xxxxxxxxxxxx…  ← KeyError: 'amount'"


async def test_a_line_revealed_before_there_is_a_size_is_centred_then() -> None:
    app = Host()
    app.view_at_mount = 50
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        assert app.view.line == 50
        assert app.view.scroll_offset.y == 39


async def test_around_a_revealed_line_others_stay_in_sight() -> None:
    app = Host()
    async with app.run_test(size=(40, 20)) as pilot:
        app.view.show("a.py", "\n".join(f"line_{n}" for n in range(1, 101)))
        app.view.reveal(16)
        await pilot.pause()
        assert app.view.scroll_offset.y == 0
        app.view.reveal(18)  # stepping comes to the last rows: what is next comes into sight
        await pilot.pause()
        assert app.view.scroll_offset.y == 7
        app.view.reveal(26)
        await pilot.pause()
        top = app.view.scroll_offset.y
        await pilot.resize_terminal(40, 12)  # a pane opens below
        await pilot.pause()
        assert app.view.scroll_offset.y == 19
        await pilot.press("down", "down", "down", "down", "down")
        assert app.view.scroll_offset.y == 19, "who walks down is not jumped about"
        assert top < 19


async def test_keys_and_mouse() -> None:
    app = Host()
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.show("a.py", "\n".join(f"line_{n}" for n in range(1, 101)))
        await pilot.press("down", "enter")
        assert app.told[-2:] == ["at 2", "chosen 2"]
        await pilot.press("G")
        assert app.view.line == 100
        assert app.text(9).startswith("›")
        await pilot.press("home")
        await pilot.click(SourceView, offset=(1, 4))
        assert app.told[-2:] == ["at 5", "gutter 5"]
        assert app.told.count("gutter 5") == 1
        app.view.reveal(50)
        await pilot.pause()
        assert app.view.scroll_offset.y == 44
        assert app.view.line_text == "line_50"
        app.view.reveal(5000)
        assert app.view.line == 100


async def test_search_goes_round_and_scrolls_sideways() -> None:
    app = Host()
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.show("a.py", "Needle\nneedle\n" + "x" * 100 + " needle\nend")
        assert app.view.find("needle") == 3
        assert app.view.find("Needle") == 1
        app.view.find("needle")
        app.view.step_hit(1)
        app.view.step_hit(1)
        await pilot.pause()
        assert app.view.line == 3
        assert "needle" in app.text(2)
        assert app.text(2).startswith("›  3 ")
        assert any(style.underline for style in app.styled(2, "needle"))
        app.view.step_hit(1)
        await pilot.pause()
        assert app.view.line == 1
        assert app.view.scroll_offset.x == 0
        assert app.view.find("") == 0


async def test_a_long_script_is_lexed_in_slices_and_only_what_is_in_sight_is_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: list[int] = []
    render = SourceView.render_row

    def counted(self: SourceView, row: int, width: int) -> Strip:
        rendered.append(row)
        return render(self, row, width)

    monkeypatch.setattr(SourceView, "render_row", counted)
    app = Host()
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show("a.py", SCRIPT * 1200)
        assert len(app.view._text.runs) < 200
        await pilot.press("end")
        assert app.view.line == 9600
        app.view._text.read_on(10_000)
        await pilot.pause()
        rendered.clear()
        await pilot.press("up")
        assert set(rendered) <= {9598, 9599}
        app.view.mark(9595, "breakpoint")
        rendered.clear()
        await pilot.pause()
        assert set(rendered) <= {9594}


async def test_no_source_says_why_and_takes_all_keys() -> None:
    app = Host()
    async with app.run_test(size=(20, 4)) as pilot:
        await pilot.press("down", "left", "right", "end", "enter")
        app.view.clear("This step has no [script].")
        await pilot.pause()
        assert app.text(0) == "This step has no [sc"
        app.view.show("x.unknown", "plain\ntext")
        await pilot.pause()
        assert app.text(1).endswith("text")
