"""The log: followed while it grows, searched in a thread, wrapped, and never more read than a screen needs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from cursus_tui.widgets.log_files import TURN, LogSource
from cursus_tui.widgets.log_index import LogIndex
from cursus_tui.widgets.log_pane import LogPane
from cursus_tui.widgets.log_view import LogView
from cursus_tui.widgets.log_wrap import places, top_for, wrap


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield LogPane()

    def on_line_view_search_moved(self, message: LogView.SearchMoved) -> None:
        self.told.append(f"{message.text} {message.hit}/{message.hits}")

    def on_log_view_line_chosen(self, message: LogView.LineChosen) -> None:
        self.told.append(f"chosen {message.line}")

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    @property
    def status(self) -> str:
        return str(self.query_one(LogPane).query_one(Static).visual)

    def lines(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "stdout.log"


def write(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


async def turn(pilot: Pilot[None]) -> None:
    pilot.app.query_one(LogView)._turn()
    await pilot.pause()


async def test_the_end_is_followed_until_one_moves_up(out: Path) -> None:
    app = Host()
    async with app.run_test(size=(50, 6)) as pilot:
        app.view.show(LogSource("stdout", out), LogSource("stderr", out.with_name("stderr.log")), live=True)
        await pilot.pause()
        assert app.lines() == [""] * 5
        write(out, "".join(f"line {n}\n" for n in range(10)) + "\x1b[31mpart")
        await turn(pilot)
        assert app.lines() == [" line 6", " line 7", " line 8", " line 9", "›part"]
        assert "following" in app.status
        assert "stdout 11" in app.status
        write(out, "ial\n 10%\r 90%\r")
        await turn(pilot)
        assert app.lines()[-2:] == [" partial", "› 90%"]
        await pilot.press("up")
        write(out, "100%\n" + "more\n" * 10)
        await turn(pilot)
        assert app.lines()[-2:] == ["›partial", " 100%"]
        assert "at 11, G follows" in app.status
        await pilot.press("G")
        write(out, "newest\n")
        await turn(pilot)
        assert app.lines()[-1] == "›newest"
        app.view.set_live(False)
        await turn(pilot)
        assert app.view._poll is None
        assert "following" not in app.status


async def test_the_poll_sees_growth_by_itself(out: Path) -> None:
    app = Host()
    async with app.run_test(size=(50, 6)) as pilot:
        app.view.show(LogSource("stdout", out), live=True)
        write(out, "hello\n")
        for _ in range(100):
            if app.view.row_count:
                break
            await pilot.pause(0.02)
        assert app.lines()[0] == "›hello"


async def test_the_other_stream_is_one_key_away_and_keeps_its_place(out: Path) -> None:
    err = out.with_name("stderr.log")
    write(out, "".join(f"out {n}\n" for n in range(20)))
    write(err, "Traceback\nKeyError: '[b]'\n")
    app = Host()
    async with app.run_test(size=(50, 6)) as pilot:
        app.view.show(LogSource("stdout", out), LogSource("stderr", err), first="stderr")
        await pilot.pause()
        assert app.lines()[:2] == [" Traceback", "›KeyError: '[b]'"]
        assert "▸stderr 2" in app.status
        await pilot.press("a", "home", "down", "enter")
        assert app.view.source_name == "stdout"
        assert app.told[-1] == "chosen 1"
        assert app.view.line_text == "out 1"
        await pilot.press("a", "a")
        assert (app.view.cursor, app.view.following) == (1, False)
        assert app.view.show_source("stderr")
        assert not app.view.show_source("nothing")


async def test_search_goes_on_round_the_end_and_says_what_it_found(out: Path) -> None:
    write(out, "".join(f"line {n}{' Needle' if n in (3, 500) else ''}\n" for n in range(1000)))
    app = Host()

    async def settled(wanted: str) -> None:
        for _ in range(200):
            if app.told and app.told[-1] == wanted:
                app.told.clear()
                return
            await pilot.pause(0.01)
        raise AssertionError(app.told)

    async with app.run_test(size=(50, 6)) as pilot:
        app.view.show(LogSource("stdout", out))
        await pilot.press("home")
        app.view.find("needle")
        await settled("needle 1/None")
        assert app.view.cursor == 3
        app.view.step_hit(1)
        await settled("needle 1/None")
        assert app.view.cursor == 500
        assert "›line 500 Needle" in app.lines()
        app.view.step_hit(1)
        await settled("needle 1/None")
        assert app.view.cursor == 3
        app.view.step_hit(-1)
        await settled("needle 1/None")
        assert app.view.cursor == 500
        assert not app.view.following
        app.view.find("nowhere")
        await settled("nowhere 0/0")
        assert app.view.cursor == 500
        app.view.find("")
        await settled(" 0/0")


async def test_an_answer_to_an_older_search_is_dropped(out: Path) -> None:
    write(out, "a\nb\nc\n")
    app = Host()
    async with app.run_test(size=(50, 6)) as pilot:
        app.view.show(LogSource("stdout", out))
        await pilot.pause()
        app.view.post_message(LogView.SearchEnded(app.view._search_number - 1, 0))
        await pilot.pause()
        assert app.view.cursor == 2
        assert app.told == []


async def test_a_long_log_is_indexed_by_a_thread_and_little_is_read_on_the_screens(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.write_bytes(b"a line of a log, and then some more\n" * 200_000)
    here = threading.current_thread()
    read_here: list[int] = []
    read = LogIndex._read

    def counted(self: LogIndex, offset: int, size: int) -> bytes:
        data = read(self, offset, size)
        if threading.current_thread() is here:
            read_here.append(len(data))
        return data

    monkeypatch.setattr(LogIndex, "_read", counted)
    app = Host()
    async with app.run_test(size=(50, 45)) as pilot:
        app.view.show(LogSource("stdout", out))
        assert sum(read_here) == TURN
        for _ in range(500):
            if app.view.row_count == 200_000:
                break
            await pilot.pause(0.01)
        assert app.view.row_count == 200_000
        assert app.lines()[-1].startswith("›a line")
        await pilot.pause(0.1)
        for key in ("home", "pagedown", "end", "pageup"):
            read_here.clear()
            await pilot.press(key)
            assert sum(read_here) <= TURN
        for row in range(0, 100_000, 100):
            app.view._text(row)
        assert len(app.view._texts) <= 512


async def test_moving_the_cursor_paints_two_lines(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(out, "x\n" * 50)
    painted: list[int] = []
    render = LogView.render_row

    def counted(self: LogView, row: int, width: int) -> Strip:
        painted.append(row)
        return render(self, row, width)

    app = Host()
    async with app.run_test(size=(50, 20)) as pilot:
        app.view.show(LogSource("stdout", out))
        await pilot.pause(0.1)
        monkeypatch.setattr(LogView, "render_row", counted)
        await pilot.press("up")
        assert sorted(painted) == [48, 49]


async def test_long_lines_are_cut_scrolled_and_wrapped(out: Path) -> None:
    write(out, "short\n" + "abcdefghij" * 20 + "\n" + "y" * 50_000 + "\nend\n")
    app = Host()
    async with app.run_test(size=(41, 12)) as pilot:
        app.view.show(LogSource("stdout", out))
        await pilot.pause()
        assert app.lines()[1] == " " + "abcdefghij" * 3 + "abcdefghi…"
        assert all(app.view.render_line(y).cell_length == 41 for y in range(11))
        await pilot.press("right")
        assert app.lines()[1].startswith(" ijabcdefgh")
        await pilot.press("left", "home", "underscore")
        assert app.lines()[0] == "›short"
        assert "".join(line.strip() for line in app.lines()[1:7]) == "abcdefghij" * 20
        assert app.lines()[7] == " " + "y" * 39
        assert "wrapped" in app.status
        await pilot.press("down", "down")
        assert app.lines()[0] == "›" + "y" * 39
        await pilot.press("down")
        assert app.lines()[-1] == "›end" or app.lines()[0] == "›end"
        await pilot.click(LogView, offset=(3, 0))
        await pilot.press("G", "underscore")
        assert app.lines()[3] == "›end"


async def test_a_growing_log_lays_nothing_out(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host()
    laid_out = 0
    lay_out = Screen._refresh_layout

    def counted(screen: Screen[None], *given: Any, **named: Any) -> None:
        nonlocal laid_out
        laid_out += 1
        lay_out(screen, *given, **named)

    async with app.run_test(size=(50, 11)) as pilot:
        app.view.show(LogSource("stdout", out), live=True)
        write(out, "x\n" * 100)
        await turn(pilot)
        await pilot.pause()
        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        for number in range(5):
            write(out, f"line {number}\n" * 100)
            await turn(pilot)
            assert app.lines()[-1] == f"›line {number}"
        assert app.view.max_scroll_y == app.view.row_count - app.view.size.height
    assert laid_out == 0


async def test_a_flood_is_painted_less_often_and_its_end_at_once(out: Path) -> None:
    app = Host()
    async with app.run_test(size=(50, 6)):
        app.view.show(LogSource("stdout", out), live=True)
        assert app.view._poll is not None
        app.view._poll.pause()
        shown = []
        for number in range(7):
            write(out, f"line {number}\n" * 1000)
            app.view._turn()
            shown.append(app.view.cursor)
        assert shown == [0, 0, 0, 0, 4999, 4999, 4999]
        app.view._turn()
        assert app.view.cursor == 6999


async def test_the_wheel_takes_the_cursor_along_and_ends_following(out: Path) -> None:
    write(out, "x\n" * 100)
    app = Host()
    async with app.run_test(size=(50, 11)) as pilot:
        app.view.show(LogSource("stdout", out), live=True)
        await pilot.pause()
        await pilot._post_mouse_events([MouseScrollUp], widget=LogView, button=0)
        await pilot.pause()
        assert not app.view.following
        assert app.view.cursor < 99
        for _ in range(3):
            await pilot._post_mouse_events([MouseScrollDown], widget=LogView, button=0)
            await pilot.pause()
        assert app.view.following
        assert app.view.cursor == 99
        await pilot.resize_terminal(30, 30)
        await pilot.pause()
        assert app.view.following
        assert app.lines()[-1] == "›x"


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.data())
def test_what_is_wrapped_stands_where_it_should(heights: list[int], data: st.DataObject) -> None:
    height = data.draw(st.integers(1, 12))
    row = data.draw(st.integers(0, len(heights) - 1))
    top = data.draw(st.integers(0, len(heights) - 1))
    first = top_for(row, top, height, heights.__getitem__)
    shown = places(first, height, len(heights), heights.__getitem__)
    assert (row, 0) in shown
    assert heights[row] > height or (row, heights[row] - 1) in shown
    if row >= top and (row, heights[row] - 1) in places(top, height, len(heights), heights.__getitem__):
        assert first == top


@given(st.text(alphabet=st.sampled_from("ab漢 "), max_size=40), st.integers(2, 9))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    pieces = wrap(Strip([Segment(text)]), width)
    assert all(piece.cell_length == width for piece in pieces)
    assert "".join(piece.text for piece in pieces).replace(" ", "") == text.replace(" ", "")
