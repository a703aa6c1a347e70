"""The screen on the real session: a generated pipeline, its real scripts, real keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import opened
from small_project import generated

from cursus_tui.execution.options import RunOptions
from cursus_tui.records.run import StepStatus
from cursus_tui.workbench import Workbench, open_pipeline

pytestmark = pytest.mark.real

FAILS_AT_LAST = """
def main(input_paths, output_paths, environ_vars, job_args):
    frame = {"rows": 3}
    for name, folder in output_paths.items():
        print("writing", name)
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "part-0.csv").write_text("id,amount\\n1,2.5\\n2,\\n")
    if "data_a" in input_paths and os.environ.get("MODE", "") != "easy":
        frame["amount"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return generated(tmp_path / "chain", 3, FAILS_AT_LAST)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_break_look_run_fail_mend_and_finish(
    bench: Workbench, project: Path, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "ed"
    editor.write_text('#!/bin/sh\nfor last; do :; done\nsed -i \'s/frame."amount".$/pass/\' "$last"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(bench, size) as driver:
        await driver.until(lambda: "n run SourceA_0000" in driver.told)
        await driver.press("down", "b", "c")
        await driver.until(lambda: "paused before StageAA_0001" in driver.told)

        await driver.press("2")
        await driver.until(lambda: "part-0.csv" in driver.text)
        await driver.press("enter")
        await driver.until(lambda: "2.5" in driver.text and "amount" in driver.text)
        await driver.press("escape", "escape", "n")
        await driver.until(lambda: "failed in StageAA_0001" in driver.told)
        assert "KeyError: 'amount'" in driver.text
        assert "frame = " in driver.text

        await driver.press("5")
        await driver.until(lambda: "stdout" in driver.text)
        await driver.press("3", "o")
        assert "pass" in (project / "scripts" / "noop.py").read_text()
        await driver.press("r")
        # The script is that of all steps, so what the first wrote is stale, too.
        await driver.until(lambda: "paused" in driver.told)
        assert driver.main.session is not None
        assert driver.main.session.state.steps["StageAA_0001"].status is StepStatus.PASSED
        await driver.press("c")
        await driver.until(lambda: "paused before StageAA_0001, stale" in driver.told)
        await driver.press("c")
        await driver.until(lambda: "finished" in driver.told)
        assert driver.main.session.state.steps["StageAA_0002"].status is StepStatus.PASSED


async def test_an_edit_and_its_undo_on_the_real_session(bench: Workbench) -> None:
    async with opened(bench) as driver:
        await driver.until(lambda: "n run SourceA_0000" in driver.told)
        await driver.press("4")
        await driver.search("job type")
        await driver.press("=")
        await driver.fill("training")
        await driver.until(lambda: driver.main.situation.edited)
        step = driver.main.situation.pipeline.steps["SourceA_0000"]
        assert step.job_type == "training"
        await driver.press("U")
        await driver.until(lambda: not driver.main.situation.edited)


async def test_an_edit_leaves_the_eyes_where_they_are(bench: Workbench) -> None:
    async with opened(bench) as driver:
        await driver.until(lambda: "n run SourceA_0000" in driver.told)
        await driver.press("n")
        await driver.until(lambda: "paused before StageAA_0001" in driver.told)
        await driver.press("G")
        await driver.until(lambda: driver.main.situation.step == "StageAA_0002")
        session = driver.main.session
        assert session is not None
        session.edit(replace(session.pipeline.overrides, environment={"SourceA_0000": {"LINES": "7"}})).result(10)
        await driver.until(lambda: driver.main.situation.edited)
        state = driver.main.situation.state
        assert state is not None
        assert state.current == "SourceA_0000"
        assert driver.main.situation.step == "StageAA_0002"


async def test_a_second_session_offers_to_resume(bench: Workbench, project: Path, tmp_path: Path) -> None:
    async with opened(bench) as driver:
        await driver.until(lambda: "n run SourceA_0000" in driver.told)
        await driver.press("n")
        await driver.until(lambda: "paused before StageAA_0001" in driver.told)
    bench.close()
    second = Workbench(open_pipeline(str(project)), RunOptions(), tmp_path / "workspace")
    try:
        async with opened(second) as driver:
            await driver.until(lambda: "did not come to its end" in driver.text)
            await driver.press("enter")
            await driver.until(lambda: "paused before StageAA_0001" in driver.told)
            assert driver.main.situation.state is not None
            assert driver.main.situation.state.steps["SourceA_0000"].status is StepStatus.PASSED
    finally:
        second.close()
