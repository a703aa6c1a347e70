"""Values on the screen with the real session, debugger, worker and data process, through real keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_driver import Driver, opened
from small_project import generated

from cursus_tui.app.panes.variables_pane import VariablesPane
from cursus_tui.execution.options import RunOptions
from cursus_tui.workbench import Workbench, open_pipeline

pytestmark = pytest.mark.real

MAIN = """
LIMIT = 3


def main(input_paths, output_paths, environ_vars, job_args):
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    frame = pd.DataFrame({"id": range(2500), "amount": [number / 2 for number in range(2500)]})
    model = LogisticRegression(C=0.25).fit(frame[["amount"]], frame["id"] > 1000)
    many = list(range(250))
    total = 7
    breakpoint()
    print("total is", total)
    total += 1
    for name, folder in output_paths.items():
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "part-0.csv").write_text("id,amount\\n1,2.5\\n2,\\n")
    import time
    until = time.monotonic() + 60
    while time.monotonic() < until and total < 1000:
        time.sleep(0.01)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    folder = generated(tmp_path / "chain", 3, MAIN)
    workbench = Workbench(open_pipeline(str(folder)), RunOptions(), tmp_path / "workspace", debugs=True)
    yield workbench
    workbench.close()


def rows(driver: Driver) -> list[str]:
    view = driver.main.query_one(VariablesPane).view
    return [" ".join(view.render_row(row, 100).text.replace("›", " ").split()) for row in range(view.row_count)]


async def go(driver: Driver, name: str) -> None:
    view = driver.main.query_one(VariablesPane).view
    row = next(row for row in view.rows if row.path and row.path[-1] == name)
    assert view.select(row.path)
    await driver.settle()


async def test_look_watch_set_open_evaluate_and_sample(bench: Workbench) -> None:
    async with opened(bench, (160, 45)) as driver:
        await driver.until(lambda: "n run SourceA_0000" in driver.told)
        await driver.press("n")
        await driver.until(lambda: driver.main.situation.frame is not None)
        await driver.press("6")
        await driver.until(lambda: "total 7 int" in rows(driver))
        assert any("frame DataFrame 2,500 x 2 [id, amount]" in row for row in rows(driver))

        # A page at a time of a long list.
        await go(driver, "many")
        await driver.press("right")
        await driver.until(lambda: "▸ more [100:250]" in rows(driver))
        await driver.search("more")
        await driver.press("enter")
        await driver.until(lambda: "249 249 int" in rows(driver) or "more than 108" in rows(driver))
        assert "100 100 int" in rows(driver)
        await go(driver, "many")
        await driver.press("left")

        # A watch, a new value for a variable, and both after the next line.
        await go(driver, "total")
        await driver.press("w", "enter")
        await driver.press("=")
        await driver.fill("total * 6")
        await driver.until(lambda: rows(driver).count("total 42 int") == 2)
        await driver.press("=")
        await driver.fill("not_there")
        await driver.until(lambda: "name 'not_there' is not defined" in driver.notices)
        await go(driver, "scope Globals")
        await driver.press("right")
        await driver.until(lambda: "LIMIT 3 int" in rows(driver))
        await go(driver, "LIMIT")
        await driver.press("=")
        await driver.fill("total + LIMIT")
        await driver.until(lambda: "LIMIT 45 int" in rows(driver))
        await go(driver, "scope Globals")
        await driver.press("left")

        # The frame, to its last row, and the model.
        await go(driver, "frame")
        await driver.press("enter")
        await driver.until(lambda: driver.main.situation.table and "amount" in driver.text)
        await driver.press("G")
        await driver.until(lambda: "1249.5" in driver.text)
        await driver.press("escape")
        await go(driver, "model")
        await driver.press("enter")
        await driver.until(lambda: "0.25" in driver.text and "coef_" in driver.text)
        await driver.press("escape")

        # The console, with what it prints and how it completes.
        await driver.press(">")
        await driver.type("print('said'); tot")
        await driver.press("tab")
        await driver.until(lambda: "print('said'); total" in driver.text)
        await driver.press("enter")
        await driver.until(lambda: driver.text.count("said") > 1)
        await driver.type("frame.shape")
        await driver.press("enter")
        await driver.until(lambda: "(2500, 2)" in driver.text)
        await driver.type("frame.nothing_there")
        await driver.press("enter")
        await driver.until(lambda: "has no attribute 'nothing_there'" in driver.text)
        assert "_run_script" not in driver.text
        await driver.type("__import__('time').sleep(100)")
        await driver.press("enter")
        await driver.press("escape")
        await driver.until(lambda: "interrupted" in driver.text)
        await driver.press("escape")

        # It runs on: a sample of it, and of its frame.
        await driver.press("c")
        await driver.until(lambda: driver.main.situation.stop is None and driver.main.situation.running)
        await driver.press("6")
        await driver.until(lambda: any(row.startswith("The step runs") for row in rows(driver)))
        await go(driver, "sample")
        await driver.press("enter")
        await driver.until(lambda: any("frame DataFrame 2,500 x 2" in row for row in rows(driver)))
        await driver.search("frame")
        await driver.press("enter")
        await driver.until(lambda: "sampled while running" in driver.text)
        await driver.press("escape")
        await driver.press("x")
        await driver.until(lambda: not driver.main.situation.running)
