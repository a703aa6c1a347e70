"""The pipeline's own files are edited outside while the screen is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk
from fake_stops import FakeStops

from cursus_tui.records.debug import StopKind
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import StepStatus
from cursus_tui.samples.generate import generate
from cursus_tui.workbench import Workbench


async def test_while_a_step_runs_a_change_waits(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        await driver.press("n")
        desk.changed = (tmp_path / "demo.dag.json",)
        await driver.until(lambda: "demo.dag.json changed on disk: it holds as soon as nothing runs" in driver.notices)
        assert desk.reloaded == []
        desk.session.release()
        await driver.until(lambda: desk.reloaded == [(tmp_path / "demo.dag.json",)])
        assert driver.notices.count("as soon as") == 1


async def test_while_a_step_is_stopped_inside_a_change_waits_and_says_so(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    stops = FakeStops(desk)
    async with opened(desk) as driver:
        await driver.press("n")
        stops.stop(8, StopKind.EXCEPTION, text="KeyError: 'amount'")
        await driver.settle()
        desk.changed = (tmp_path / "demo.dag.json",)
        await driver.until(lambda: "demo.dag.json changed on disk: it holds once prepare has ended" in driver.notices)
        assert desk.reloaded == []


async def test_a_file_that_became_invalid_is_told_with_its_line(desk: FakeDesk) -> None:
    desk.invalid = UserError("nodes: not a list", file=Path("demo.dag.json"), line=3)
    async with opened(desk) as driver:
        desk.changed = (Path("demo.dag.json"),)
        await driver.until(lambda: "stays as it was" in driver.notices)
        assert "demo.dag.json:3: nodes: not a list" in driver.notices
        await driver.press("down", "up")
        assert driver.main.situation.pipeline is desk.pipeline


async def test_who_only_looks_on_takes_nothing_over(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, read_only="process 7")
    desk.changed = (tmp_path / "demo.dag.json",)
    async with opened(desk) as driver:
        await driver.until(lambda: bool(driver.main.disk.scripts.known))
        assert desk.reloaded == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "chain"
    generate(folder, 3)
    return folder


@pytest.mark.real
async def test_settings_and_dag_are_taken_over_and_what_they_change_is_stale(bench: Workbench, project: Path) -> None:
    (dag,) = project.glob("*.dag.json")
    async with opened(bench) as driver:
        await driver.until(lambda: "nothing ran yet" in driver.told)
        session = bench.session
        assert session is not None
        await driver.press("n")
        await driver.until(lambda: session.state.steps["SourceA_0000"].status is StepStatus.PASSED)

        (dag.parent / "cursus-tui.yaml").write_text("environment:\n  SourceA_0000: {ROWS: 7}\n")
        await driver.until(lambda: session.state.steps["SourceA_0000"].stale is not None)
        await driver.until(lambda: "cursus-tui.yaml changed on disk" in driver.notices)
        assert not driver.main.situation.edited

        whole = dag.read_text()
        dag.write_text(whole[: len(whole) // 2])
        await driver.until(lambda: "stays as it was" in driver.notices)
        assert "not valid JSON" in driver.notices
        assert list(session.state.steps) == ["SourceA_0000", "StageAA_0001", "StageAA_0002"]

        document = json.loads(whole)
        document["dag"]["nodes"].remove("StageAA_0002")
        document["dag"]["edges"] = [edge for edge in document["dag"]["edges"] if "StageAA_0002" not in edge]
        await driver.press("down", "down")
        dag.write_text(json.dumps(document))
        await driver.until(lambda: "gone: StageAA_0002" in driver.notices)
        assert list(driver.main.situation.pipeline.steps) == ["SourceA_0000", "StageAA_0001"]
        assert "StageAA_0002" not in driver.text.split("changed on disk")[0]

        dag.write_text(whole)
        await driver.until(lambda: "StageAA_0002" in driver.main.situation.pipeline.steps)


@pytest.mark.real
async def test_what_the_screen_saves_itself_is_no_change(bench: Workbench) -> None:
    async with opened(bench) as driver:
        await driver.until(lambda: "nothing ran yet" in driver.told)
        await driver.press("4")
        await driver.search("job type")
        await driver.press("=")
        await driver.fill("training")
        await driver.until(lambda: driver.main.situation.edited)
        await driver.palette("save these edits")
        await driver.press("enter")
        await driver.until(lambda: "saved to" in driver.notices)
        assert [bench.changed_files() for _ in range(3)] == [()] * 3
