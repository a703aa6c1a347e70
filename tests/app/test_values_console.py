"""The console: evaluating in a frame, history, completion, what is printed, and leaving what takes too long."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_values import FakeValues, done
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from cursus_tui.app.console_log import ConsoleLog, Printed, completed, error_of
from cursus_tui.app.pdb_habits import as_python
from cursus_tui.app.screens.console import Console, ConsoleField, ConsoleOutput, ConsolePlace
from cursus_tui.records.debug import Variable
from cursus_tui.text import safe


class Host(App[None]):
    def __init__(self, step: FakeValues, log: Path) -> None:
        super().__init__()
        self.step = step
        self.kept = ConsoleLog()
        self.answers: list[str | None] = []
        self.changes = 0
        self.place = ConsolePlace(self.frame, self.stop, lambda: "train › main", (log,), self.count)

    def frame(self) -> int | None:
        stop = self.step.state.stop
        return stop.number * 10 + 1 if stop else None

    def stop(self) -> int | None:
        stop = self.step.state.stop
        return stop.number if stop else None

    def count(self) -> None:
        self.changes += 1

    def on_mount(self) -> None:
        self.open()

    def open(self) -> None:
        self.push_screen(Console(self.step, self.place, self.kept), self.answers.append)

    @property
    def field(self) -> ConsoleField:
        return self.screen.query_one(ConsoleField)

    def shown(self) -> str:
        output = self.screen.query_one(ConsoleOutput)
        return "\n".join(output.render_line(y).text.rstrip() for y in range(output.size.height)).strip()


@pytest.fixture
def step(tmp_path: Path) -> FakeValues:
    values = FakeValues(tmp_path, [{"total": 7, "total_rows": 3, "names": ["a", "b"]}])
    values.stop("train")
    return values


@pytest.fixture
def host(step: FakeValues, tmp_path: Path) -> Host:
    return Host(step, tmp_path / "stdout.log")


async def enter(pilot: Pilot[None], text: str) -> None:
    app = pilot.app
    assert isinstance(app, Host)
    app.field.value = text
    await pilot.press("enter")
    await pilot.pause()


async def test_values_errors_and_statements(host: Host, step: FakeValues) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "total * 6")
        await enter(pilot, "total = 1")
        await enter(pilot, "None")
        await enter(pilot, "1 / 0")
        assert host.shown().splitlines() == [
            ">>> total * 6",
            "42",
            ">>> total = 1",
            ">>> None",
            ">>> 1 / 0",
            "ZeroDivisionError: division by zero",
        ]
        assert step.locals[0]["total"] == 1
        assert host.changes == 4
        assert [one[2] for one in step.asked if one[0] == "evaluate"] == [11] * 4


async def test_history_and_output_outlive_the_console(host: Host) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "total")
        await enter(pilot, "names")
        await pilot.press("escape")
        assert host.answers == [None]
        host.open()
        await pilot.pause()
        assert ">>> names" in host.shown()
        await pilot.press("t")
        await pilot.press("up")
        assert host.field.value == "names"
        await pilot.press("up", "up")
        assert host.field.value == "total"
        await pilot.press("down", "down")
        assert host.field.value == "t"


async def test_tab_completes_and_shows_what_there_is_to_choose(host: Host) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"len(to")
        await pilot.press("tab")
        await pilot.pause()
        assert host.field.value == "len(total"
        await pilot.press("tab")
        await pilot.pause()
        assert "len(total  len(total_rows" in host.shown()
        await pilot.press("_", "tab")
        await pilot.pause()
        assert host.field.value == "len(total_rows"


async def test_what_an_evaluation_prints_is_shown(host: Host, step: FakeValues, tmp_path: Path) -> None:
    log = tmp_path / "stdout.log"
    log.write_text("before\n")
    step.printed = (log, "printed \x1b[31mred\x1b[0m\nlate")
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "total")
        assert host.shown().splitlines()[:2] == [">>> total", "printed red"]
        with log.open("a") as stream:
            stream.write("r\n")
        await pilot.pause(0.5)
        assert "later" in host.shown()
        assert "before" not in host.shown()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("p total", "total"),
        ("pp  names[0]", "names[0]"),
        ("!total = 1", "total = 1"),
        ("p = 3", "p = 3"),
        ("p (1)", "p (1)"),
        ("pp", "pp"),
        ("print(1)", "print(1)"),
    ],
)
def test_what_pdb_would_print_is_evaluated(typed: str, meant: str) -> None:
    assert as_python(typed) == meant


async def test_commands_of_pdb_are_told_where_they_work(host: Host, step: FakeValues) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "p total")
        assert host.shown().splitlines() == [">>> p total", "7"]
        await enter(pilot, "n")
        assert "close the console: esc" in host.shown()
        step.locals[0]["n"] = 5
        await enter(pilot, "n")
        assert host.shown().splitlines()[-1] == "5", "a name of the step's is that"


async def test_ctrl_c_interrupts_and_never_leaves(host: Host, step: FakeValues) -> None:
    step.holding = frozenset({"evaluate"})
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "slow()")
        await pilot.press("ctrl+c", "ctrl+c")
        assert step.interrupted == 2
        assert host.shown().splitlines()[-1] == "interrupting"
        step.release()
        await pilot.pause()
        assert host.shown().splitlines()[-1] == "interrupted"
        await pilot.press(*"half", "ctrl+c")
        assert host.screen.query_one(Input).value == ""
        assert step.interrupted == 2
        assert isinstance(host.screen, Console)


async def test_esc_interrupts_and_then_leaves(host: Host, step: FakeValues) -> None:
    step.holding = frozenset({"evaluate"})
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "slow()")
        await pilot.press("escape")
        assert step.interrupted == 1
        assert isinstance(host.screen, Console)
        step.release()
        await pilot.pause()
        assert host.shown().splitlines()[-1] == "interrupted"
        await enter(pilot, "deaf()")
        await pilot.press("escape", "escape")
        assert step.interrupted == 2
        assert not isinstance(host.screen, Console)
        step.release()
        await pilot.pause()
        assert host.answers == [None]


async def test_a_step_that_went_on_is_told(host: Host, step: FakeValues) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        step.go_on()
        await enter(pilot, "total")
        assert "no step is stopped inside any more" in host.shown()
        assert host.field.value == "total"
        assert not [one for one in step.asked if one[0] == "evaluate"]


async def test_what_was_typed_for_one_place_is_not_evaluated_in_another(host: Host, step: FakeValues) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        step.go_on()
        step.stop("train", 9)
        await enter(pilot, "total = 0")
        assert "the step went on meanwhile" in host.shown()
        assert host.field.value == "total = 0"
        assert not [one for one in step.asked if one[0] == "evaluate"]
        await pilot.press("enter")
        assert [one[1] for one in step.asked if one[0] == "evaluate"] == ["total = 0"]
        assert host.field.value == ""


async def test_a_table_can_be_opened_as_data(host: Host) -> None:
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "names")
        assert "ctrl+o opens it" in host.shown()
        await pilot.press("ctrl+o")
        assert host.answers == ["names"]


async def test_long_values_are_wrapped_and_harmless(host: Host, step: FakeValues) -> None:
    step.locals[0]["evil"] = "[/]" + "x" * 200 + "\x1b[2J"
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "evil")
        assert "\x1b" not in host.shown()
        assert "[/]xxx" in host.shown()
        assert len(host.shown().splitlines()) == 4


async def test_a_value_of_many_lines_has_them_back(host: Host, step: FakeValues) -> None:
    step.evaluate = lambda *_, **__: done(Variable("x", safe("a  b\n1  2"), "DataFrame"))  # type: ignore[method-assign]
    async with host.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "x")
        assert host.shown().splitlines() == [">>> x", "a  b", "1  2"]


@pytest.mark.parametrize(
    ("text", "column", "offers", "wanted"),
    [
        ("fra", 3, ("frame",), "frame"),
        ("f(fra)", 5, ("f(frame)", "f(frames)"), "f(frame)"),
        ("x", 1, ("xa", "xb"), "x"),
        ("x", 1, (), "x"),
    ],
)
def test_completion_goes_as_far_as_all_offers_agree(
    text: str, column: int, offers: tuple[str, ...], wanted: str
) -> None:
    assert completed(text, column, offers) == wanted


def test_a_flood_that_is_printed_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "stdout.log"
    printed = Printed((log, tmp_path / "none"))
    log.write_text("x" * 99 + "\n")
    with log.open("a") as stream:
        stream.write("".join(f"{number:099d}\n" for number in range(20_000)))
    news = printed.news()
    assert len(news) <= 64 * 1024
    assert news.endswith(f"{19_999:099d}\n")
    assert printed.news() == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("NameError: name 'x' is not defined", "NameError: name 'x' is not defined"),
        (
            'Traceback (most recent call last):\n  File "worker.py", line 3, in run\n    run()\nKeyError: 1\n\n'
            'Traceback (most recent):\n  File "<string>", line 1, in <module>\n  File "me.py", line 4, in f\n'
            "    fail()\nValueError: no\n",
            '  File "me.py", line 4, in f\n    fail()\nValueError: no',
        ),
        ('  File "pydevd.py", line 9\n  File "<string>", line 1\n    def (\n        ^\nSyntaxError: bad\n', None),
        ("", "it ended without a word"),
    ],
)
def test_an_error_is_told_without_the_frames_that_led_to_the_console(text: str, wanted: str | None) -> None:
    assert error_of(text) == (wanted or "    def (\n        ^\nSyntaxError: bad")
