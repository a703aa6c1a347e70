"""``cursus-tui debug``: the screen."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import click

from cursus_tui.cli.options import path_options

if TYPE_CHECKING:
    from cursus_tui.app.app import CursusApp
    from cursus_tui.workbench import OpenOptions, Workbench


@click.command()
@path_options
@click.option("--workspace", metavar="DIR", help="Where runs are kept, by default .cursus-tui beside the pipeline.")
@click.option("--slow-link", is_flag=True, help="Few bytes: the terminal's own colours, no animation, 15 frames.")
@click.option("--theme", metavar="NAME", help="A theme of the screen's; by default that of the settings file.")
@click.option("--allow-network", is_flag=True, help="Let scripts reach the network.")
@click.option("--as-shipped", is_flag=True, help="Add nothing to a script's call: see what the container sees.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Fail a step that takes longer.")
@click.option("--memory-limit", metavar="SIZE", help="Fail a step that takes more memory, such as 4GB.")
def debug(
    path: str,
    options: OpenOptions,
    workspace: str | None,
    slow_link: bool,
    theme: str | None,
    allow_network: bool,
    as_shipped: bool,
    timeout: float | None,
    memory_limit: str | None,
) -> int:
    """Open a pipeline on the screen and step through it.

    PATH is a *.dag.json, a folder, a config JSON beside a DAG, a Python file with a PipelineDAG, or sample:NAME.
    Press ? on the screen for help.
    """
    reason = _no_screen()
    if reason:
        return _as_text(path, options, reason)
    plain = slow_link or bool(os.environ.get("NO_COLOR"))
    # Textual reads these when it is imported; NO_COLOR without an ANSI theme from the start gives grey RGB colours.
    if plain:
        os.environ["TEXTUAL_THEME"] = "ansi-dark"
        os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if slow_link:
        os.environ["TEXTUAL_FPS"] = "15"

    from cursus_tui.app.app import CursusApp, Looks
    from cursus_tui.app.keymap import build_keymap, load_settings

    limit = _bytes(memory_limit) if memory_limit else None

    def open_desk() -> Workbench:
        from pathlib import Path

        from cursus_tui.execution.options import RunOptions
        from cursus_tui.workbench import Workbench, open_pipeline

        run = RunOptions(
            allow_network=allow_network,
            as_shipped=as_shipped,
            timeout_seconds=timeout,
            memory_limit_bytes=limit,
            command=shlex.join(["cursus-tui", *sys.argv[1:]]),
        )
        folder = Path(workspace).expanduser().absolute() if workspace else None
        return Workbench(open_pipeline(path, options), run, folder)

    settings = load_settings()
    app = CursusApp(open_desk, build_keymap(settings), Looks(theme or settings.theme, plain), opening=path)
    return _run(app)


def _run(app: CursusApp) -> int:
    """Run the app to its end; whatever happens, its step is taken care of and what was opened is closed."""
    keep_running = True  # unless the user says otherwise: a crash of ours must not take the step with it
    try:
        leaving = app.run()
        keep_running = leaving is None or leaving.keep_running
    finally:
        if app.desk is not None:
            app.desk.close(keep_running=keep_running)
    if leaving is not None and leaving.problem is not None:
        raise leaving.problem
    return app.return_code or 0


def _no_screen() -> str:
    """Why there can be no screen here; empty where there can."""
    if os.environ.get("TERM", "") in ("", "dumb"):
        return "this terminal (TERM=dumb or not set) cannot show a screen"
    # Textual paints through stderr.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the screen needs a terminal for its input and stderr"
    return ""


def _as_text(path: str, options: OpenOptions, reason: str) -> int:
    from rich.console import Console

    from cursus_tui.reporting.check_report import print_check
    from cursus_tui.workbench import open_pipeline

    opened = open_pipeline(path, options)
    print_check(opened.pipeline, opened.interpreter, Console(highlight=False, markup=False, emoji=False))
    click.echo(f"cursus-tui: {reason}; this is the text report instead", err=True)
    click.echo("  try: cursus-tui run PATH, which needs no screen", err=True)
    return 2


def _bytes(text: str) -> int:
    """``4GB`` in bytes."""
    units = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    if match is None or float(match[1]) <= 0:
        raise click.BadParameter(f"{text!r} is not a size such as 4GB or 500MB", param_hint="--memory-limit")
    return int(float(match[1]) * units[match[2]])
