"""Debugging inside of steps as a user does: real keys, session, debugger and scripts, one project for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_driver import Driver, opened
from small_project import COPYING, write_project

from cursus_tui.app.panes.variables_pane import VariablesPane
from cursus_tui.execution.options import RunOptions
from cursus_tui.records.debug import StopKind
from cursus_tui.widgets.source_view import SourceView
from cursus_tui.workbench import Workbench, open_pipeline

pytestmark = pytest.mark.real
SECRET = "hunter2-and-more"
LOAD = f"""
def double(number):
    twice = number * 2
    return twice
total = 0
for number in range(40):
    total += double(number)
    seen = number
orders = [{{"order_id": number, "amount": number / 2}} for number in range(300)]
{COPYING}
print("loaded", total)
"""
CLEAN = """
turns = 0
while os.path.exists({hold!r}):
    turns += 1
    time.sleep(0.01)
cleaned = turns
"""
SAVE = f"""
rows = [1, 2, 3]
share = rows[0] / (len(rows) - 3)
percent = share * 100
{COPYING}
print("saved")
"""


class Debugged:
    """The screen of the project, and where things stand in its scripts."""

    def __init__(self, driver: Driver, home: Path) -> None:
        self.driver = driver
        self.home = home

    def line(self, text: str) -> int:
        """The line with this text, in whichever script has it."""
        for script in sorted((self.home / "scripts").iterdir()):
            for number, line in enumerate(script.read_text().split("\n"), 1):
                if text in line:
                    return number
        raise AssertionError(f"no line says {text}")

    async def stops_at(self, text: str, kind: StopKind) -> None:
        """It stops there, and the screen shows it."""
        now = self.driver.main
        line = self.line(text)

        def shown() -> bool:
            stop = now.situation.stop
            return stop is not None and (stop.line, stop.kind) == (line, kind) and now.situation.frame is not None

        await self.driver.until(shown)
        await self.driver.settle()
        assert f"line {line}" in self.driver.told
        assert "current" in {mark.kind for mark in now.query_one(SourceView).marks(line)} or kind is StopKind.EXCEPTION

    async def rows_have(self, text: str) -> None:
        """A row of the Variables pane says so."""
        view = self.driver.main.query_one(VariablesPane).view

        def there() -> bool:
            rows = (view.render_row(row, 120).text.replace("›", " ") for row in range(view.row_count))
            return any(text in " ".join(row.split()) for row in rows)

        await self.driver.until(there)

    async def breakpoint(self, text: str, condition: str = "", hits: str = "", message: str = "") -> None:
        """Set one with keys, or give the one that is there conditions."""
        await self.driver.press("3")
        await self.driver.search(text)
        if not (condition or hits or message):
            await self.driver.press("b")
            return
        await self.driver.press("B")
        await self.driver.press("ctrl+u")
        await self.driver.type(condition)
        await self.driver.press("tab", "ctrl+u")
        await self.driver.type(hits)
        await self.driver.press("tab", "ctrl+u")
        await self.driver.type(message)
        await self.driver.press("enter")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    clean = CLEAN.format(hold=str(tmp_path / "hold")) + COPYING
    steps = {"Load": (), "Clean": ("Load",), "Save": ("Clean",)}
    scripts = {"Load": LOAD, "Clean": clean, "Save": SAVE}
    return write_project(tmp_path / "project", steps, scripts, {"API_TOKEN": SECRET})


def workbench(home: Path) -> Workbench:
    options = RunOptions(hold_on_failure=True)
    return Workbench(open_pipeline(str(home)), options, home.parent / "workspace", debugs=True)


@pytest.fixture
def bench(home: Path) -> Iterator[Workbench]:
    made = workbench(home)
    yield made
    made.close()


async def test_lines_conditions_hits_logpoints_frames_and_watches(home: Path, bench: Workbench) -> None:
    async with opened(bench, (160, 45)) as driver:
        at = Debugged(driver, home)
        await driver.until(lambda: "n run Load" in driver.told)
        await driver.press("s")
        await at.stops_at("def double", StopKind.ENTRY)
        await driver.press("n")
        await at.stops_at("total = 0", StopKind.STEP)

        # Into a call, to its caller's frame and back, and out.
        await at.breakpoint("total += double")
        await driver.press("c")
        await at.stops_at("total += double", StopKind.BREAKPOINT)
        await driver.press("s")
        await at.stops_at("twice = number", StopKind.STEP)
        await driver.press("u")
        await driver.until(lambda: driver.main.query_one(SourceView).line == at.line("total += double"))
        await driver.press("d")
        assert driver.main.query_one(SourceView).line == at.line("twice = number")
        await driver.press("f")
        await at.stops_at("total += double", StopKind.STEP)

        # A condition, a count of hits, a message, and a line to run to.
        await at.breakpoint("total += double")  # away
        await at.breakpoint("seen = number", condition="number == 7")
        await driver.press("c")
        await at.stops_at("seen = number", StopKind.BREAKPOINT)
        await at.rows_have("number 7 int")
        await at.breakpoint("seen = number", hits="10")
        await driver.press("c")
        await driver.until(lambda: driver.main.situation.stop is not None and driver.main.situation.stop.number >= 7)
        await at.stops_at("seen = number", StopKind.BREAKPOINT)
        await at.rows_have("number 17 int")
        await at.breakpoint("seen = number", message="seen {number} of {total}")
        await driver.search("orders =")
        await driver.press("t")
        await at.stops_at("orders =", StopKind.STEP)
        await driver.press("5")
        await driver.until(lambda: "seen 39 of 1560" in driver.text)

        # A watch, and a secret that nothing shows.
        await driver.press("6", "w", "ctrl+u")
        await driver.type("total // 2")
        await driver.press("enter")
        await at.rows_have("total // 2 780 int")
        await driver.search("environ_vars")
        await driver.press("right")
        await at.rows_have("API_TOKEN")
        assert SECRET not in driver.text
        await driver.press("c")
        await driver.until(lambda: "saved" in driver.text or "held" in driver.told)
        assert SECRET not in driver.text
    bench.close()

    again = workbench(home)
    try:
        async with opened(again, (160, 45)) as driver:
            await driver.until(lambda: "Begin a new run" in driver.text)
            await driver.press("down", "enter")
            await driver.until(lambda: bool(driver.main.situation.watches))
            assert driver.main.situation.watches == ("total // 2",)
            assert [point.message for point in driver.main.situation.line_breakpoints] == ["seen {number} of {total}"]
    finally:
        again.close()


async def test_a_running_step_is_stopped_by_a_new_breakpoint_and_by_p(home: Path, bench: Workbench) -> None:
    hold = home.parent / "hold"
    hold.touch()
    async with opened(bench, (80, 24)) as driver:
        at = Debugged(driver, home)
        await driver.until(lambda: "n run Load" in driver.told)
        await driver.press("n")
        await driver.until(lambda: "paused before Clean" in driver.told)
        await driver.press("n")
        await driver.until(lambda: driver.main.situation.running and "running" in driver.text)
        await at.breakpoint("turns += 1")
        await at.stops_at("turns += 1", StopKind.BREAKPOINT)
        await driver.press("b", "c")
        await driver.until(lambda: driver.main.situation.stop is None and driver.main.situation.running)
        await driver.press("p")
        await driver.until(lambda: driver.main.situation.stop is not None and driver.main.situation.frame is not None)
        assert driver.main.situation.stop is not None
        assert driver.main.situation.stop.kind is StopKind.PAUSE
        hold.unlink()
        await driver.search("cleaned = turns")
        await driver.press("t")
        await at.stops_at("cleaned = turns", StopKind.STEP)
        await driver.press("c")
        await driver.until(lambda: "held on ZeroDivisionError" in driver.told)


@pytest.mark.parametrize("behind_exit", [False, True])
async def test_a_failure_is_looked_into_mended_and_run_again(
    home: Path, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind_exit: bool
) -> None:
    script = home / "scripts" / "save.py"
    if behind_exit:
        text = script.read_text()
        start = text.index("    main(\n")
        block = "".join(f"    {line}\n" for line in text[start:].rstrip().split("\n"))
        handled = "    except Exception as error:\n        print('failed:', error)\n        sys.exit(1)\n"
        script.write_text(f"{text[:start]}    try:\n{block}{handled}")
    editor = tmp_path / "ed"
    editor.write_text(
        "#!/bin/sh\nfor last; do :; done\nsed -i 's/^    share = .*/    # mended\\n    share = 1/' \"$last\"\n"
    )
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(bench, (80, 24)) as driver:
        at = Debugged(driver, home)
        await driver.until(lambda: "n run Load" in driver.told)
        await driver.press("c")
        await at.stops_at("share =", StopKind.EXCEPTION)
        assert "ZeroDivisionError: division by zero" in driver.text
        await driver.press("6")
        await at.rows_have("rows [1, 2, 3] list")
        await at.breakpoint("percent =")
        before = at.line("percent =")
        await driver.press("o")
        assert at.line("percent =") == before + 1
        await driver.press("r")
        await at.stops_at("percent =", StopKind.BREAKPOINT)
        await driver.press("6")
        await at.rows_have("share 1 int")
        await driver.press("c")
        await driver.until(lambda: "finished" in driver.told)
        assert [str(attempt.status) for attempt in bench.session.attempts("Save")] == ["failed", "passed"]
