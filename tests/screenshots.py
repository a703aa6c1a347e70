"""Makes the README's picture from the real app: ``python tests/screenshots.py``."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import build_keymap
from cursus_tui.execution.options import RunOptions
from cursus_tui.records.run import Phase
from cursus_tui.workbench import Workbench, open_pipeline

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURE = REPOSITORY / "docs" / "failure.svg"
SIZE = (132, 36)


async def until_settled(pilot: Pilot[object], workbench: Workbench) -> None:
    """Wait until the run pauses or ends, and the screen has shown it."""
    for _ in range(600):
        await pilot.pause(0.1)
        session = workbench.session
        if session is not None and session.state.phase not in (Phase.RUNNING, Phase.IDLE):
            break
    await pilot.pause(1.5)


async def picture(folder: Path) -> str:
    """``broken_contract``, run into its first failure."""
    workbench = Workbench(open_pipeline(str(folder)), RunOptions())
    app = CursusApp(lambda: workbench, build_keymap(None))
    try:
        async with app.run_test(size=SIZE) as pilot:
            for _ in range(200):
                await pilot.pause(0.1)
                if workbench.session is not None and app.main is not None:
                    break
            await pilot.pause(1)
            await pilot.press("c")
            await until_settled(pilot, workbench)
            return app.export_screenshot(title="cursus-tui debug sample:broken_contract")
    finally:
        workbench.close()


def main() -> None:
    """Take the picture in a folder whose name may be seen, and keep it."""
    folder = Path(tempfile.gettempdir()) / "demo" / "broken_contract"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(REPOSITORY / "sample_pipelines" / "broken_contract", folder)
    try:
        svg = asyncio.run(picture(folder))
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg)
    print(f"wrote {PICTURE.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
