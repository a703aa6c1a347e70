"""The real screen on a real session, which notes when each action was handled.

    python screen_probe.py PIPELINE WORKSPACE NOTES [STEP.NAME=VALUE ...]

NOTES gets one monotonic time a line.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future
from pathlib import Path

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import build_keymap
from cursus_tui.app.ports import DeskPort
from cursus_tui.app.screens.main import MainScreen
from cursus_tui.cli.debug import run_app
from cursus_tui.execution.options import RunOptions
from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Overrides
from cursus_tui.workbench import Workbench, open_pipeline


def main() -> None:
    """Run the app as ``cursus-tui debug`` does."""
    pipeline, workspace, notes, *values = sys.argv[1:]
    environment: dict[str, dict[str, str]] = {}
    for each in values:
        step, _, rest = each.partition(".")
        name, _, value = rest.partition("=")
        environment.setdefault(step, {})[name] = value
    perform = MainScreen.perform

    def noted(screen: MainScreen, action_id: str) -> None:
        times.write(f"{time.monotonic()}\n")
        perform(screen, action_id)

    with open(notes, "w", buffering=1) as times:
        MainScreen.perform = noted  # type: ignore[method-assign]
        opened = open_pipeline(pipeline, OpenOptions(overrides=Overrides(environment=environment)))
        desk: Future[DeskPort] = Future()
        desk.set_result(Workbench(opened, RunOptions(), Path(workspace)))
        run_app(CursusApp(desk, build_keymap(None)), "cursus-tui debug")


if __name__ == "__main__":
    main()
