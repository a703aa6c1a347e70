"""Makes the README's pictures from the real app: ``python tests/screenshots.py [failure] [inside] [data]``."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import build_keymap
from cursus_tui.app.ports import DeskPort
from cursus_tui.app.screens.main import MainScreen
from cursus_tui.execution.options import RunOptions
from cursus_tui.records.run import Phase
from cursus_tui.workbench import Workbench, open_pipeline

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
HEIGHT = 36


@dataclass(frozen=True)
class Picture:
    """What to do before a picture is taken.

    Attributes:
        sample: The pipeline.
        width: Cells, so that no column is cut.
        acts: Each presses some keys; the run has settled before the next one.
    """

    sample: str
    width: int
    acts: tuple[tuple[str, ...], ...]


PICTURES = {
    "failure": Picture("broken_contract", 132, (("c",),)),
    "inside": Picture(
        "fraud_training",
        139,
        (
            (*["down"] * 7, "t"),
            ("s",),
            *[("n",)] * 6,
            ("w", "ctrl+u", *"splits['train'].shape", "enter"),
            ("6",),
        ),
    ),
    "data": Picture(
        "fraud_training",
        139,
        (
            ("slash", *"CurrencyConversion_training", "enter", "b", "c"),
            ("n",),
            ("up", "2", "down", "down", "down", "enter", "z"),
        ),
    ),
}


async def until(pilot: Pilot[object], condition: Callable[[], bool]) -> None:
    """Wait for what a thread or a process brings."""
    for _ in range(600):
        await pilot.pause(0.1)
        if condition():
            return
    raise TimeoutError("it never came")


async def taken(picture: Picture, folder: Path) -> str:
    """The screen as SVG once all acts are done."""
    workbench = Workbench(open_pipeline(str(folder)), RunOptions(), debugs=True)
    desk: Future[DeskPort] = Future()
    desk.set_result(workbench)
    app = CursusApp(desk, build_keymap(None))
    try:
        async with app.run_test(size=(picture.width, HEIGHT)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.session is not None)
            for keys in picture.acts:
                await pilot.press(*keys)
                await until(
                    pilot, lambda: workbench.session is not None and workbench.session.state.phase is not Phase.RUNNING
                )
                await pilot.pause(1.5)
            return app.export_screenshot(title=f"cursus-tui debug sample:{picture.sample}")
    finally:
        workbench.close()


def main() -> None:
    """Take the pictures in a folder whose name may be seen, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all: " + ", ".join(PICTURES))
    names = parser.parse_args().names or [*PICTURES]
    if unknown := set(names) - set(PICTURES):
        parser.error(f"there is no picture {unknown.pop()!r}")
    for name in names:
        picture = PICTURES[name]
        folder = Path(tempfile.gettempdir()) / "demo" / picture.sample
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(REPOSITORY / "sample_pipelines" / picture.sample, folder)
        try:
            svg = asyncio.run(taken(picture, folder))
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)
        DOCS.mkdir(exist_ok=True)
        (DOCS / f"{name}.svg").write_text(svg)
        print(f"wrote docs/{name}.svg")


if __name__ == "__main__":
    main()
