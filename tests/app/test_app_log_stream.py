"""Which of the two streams the log shows by itself."""

from __future__ import annotations

from pathlib import Path

from app_driver import Driver, opened
from fake_desk import FakeDesk

from cursus_tui.app.panes.log_pane import LogPane
from cursus_tui.records.run import StepStatus
from cursus_tui.storage.layout import AttemptFolder


def shown(driver: Driver) -> str:
    return driver.main.query_one(LogPane)._box.log_view.source_name


def write(desk: FakeDesk, stdout: str, stderr: str) -> None:
    attempt = desk.session.state.steps["prepare"].attempt
    assert attempt is not None
    logs = AttemptFolder(attempt.folder)
    logs.stdout.write_text(stdout)
    logs.stderr.write_text(stderr)


async def test_it_opens_on_the_only_stream_that_has_lines(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        await driver.press("n")
        write(desk, "", "INFO reading\n")
        await driver.press("5")
        assert shown(driver) == "stderr"
        assert "INFO reading" in driver.text


async def test_the_first_line_of_a_running_step_is_shown_whichever_stream_it_is_in(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        desk.session.step_over()
        write(desk, "", "")
        await driver.press("5")
        assert shown(driver) == "stdout"
        write(desk, "", "INFO reading\n")
        await driver.until(lambda: "INFO reading" in driver.text)
        write(desk, "total 3\n", "INFO reading\n")
        await driver.pilot.pause(0.5)
        assert shown(driver) == "stderr"


async def test_a_failure_leads_to_its_traceback_but_not_away_from_what_the_user_chose(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        await driver.press("n", "5")
        assert shown(driver) == "stdout"
        write(desk, "prepare begins\n", "Traceback\n")
        desk.session.release(StepStatus.FAILED)
        await driver.settle()
        assert shown(driver) == "stderr"
        await driver.press("a", "down", "up")
        assert shown(driver) == "stdout"
