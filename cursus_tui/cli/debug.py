"""``cursus-tui debug``: the screen."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cursus_tui.cli.options import ParamType, path_options, run_options

if TYPE_CHECKING:
    from cursus_tui.app.app import CursusApp
    from cursus_tui.app.ports import DeskPort
    from cursus_tui.execution.options import RunOptions
    from cursus_tui.records.opening import OpenOptions
    from cursus_tui.workbench import Workbench

NEXT_FREE = "next"
"""The port of a bare ``--ide``: 5678, or the next that is free."""


class _DebugCommand(click.Command):
    """``--ide`` takes a port or none: what follows it and is no number is the ``PATH``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = [
            f"--ide={NEXT_FREE}" if word == "--ide" and not _may_be_port(after) else word
            for word, after in zip_longest(args, args[1:], fillvalue="")
        ]
        return super().parse_args(ctx, given)


def _may_be_port(word: str) -> bool:
    """Whether a word after ``--ide`` is meant as its port: a number of any kind, and no file of that name."""
    return re.fullmatch(r"-?[0-9][0-9.,_]*", word) is not None and not os.path.exists(word)


class _Port(ParamType[str]):
    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text != NEXT_FREE and not (text.isdecimal() and 0 < int(text) < 65_536):
            self.fail(f"{text!r} is not a port from 1 to 65535", param, ctx)
        return text


@click.command(cls=_DebugCommand)
@path_options
@run_options
@click.option("--ide", type=_Port(), metavar="[PORT]", help="Let IDEs attach: at this port, else 5678 or the next.")
@click.option("--no-hold", is_flag=True, help="Do not keep a failed step's frames alive to look into them.")
@click.option("--slow-link", is_flag=True, help="Few bytes: the terminal's own colours, no animation, 15 frames.")
@click.option("--theme", metavar="NAME", help="A theme of the screen's; by default that of the settings file.")
def debug(
    path: str,
    options: OpenOptions,
    workspace: Path | None,
    limits: RunOptions,
    ide: str | None,
    no_hold: bool,
    slow_link: bool,
    theme: str | None,
) -> int:
    """Open a pipeline on the screen and step through it.

    PATH is a *.dag.json, a folder, a config JSON beside a DAG, a Python file with a PipelineDAG (FILE.py:NAME for one
    of several), or sample:NAME. Press ? on the screen for help.
    """
    if slow_link and theme is not None:
        from cursus_tui.records.errors import UserError

        expected = "--slow-link, which has the terminal's own colours, or --theme"
        raise UserError("--slow-link and --theme do not go together", expected=expected, hint="leave one out")
    reason = _no_screen()
    if reason:
        return _as_text(path, options, reason)
    plain = slow_link or bool(os.environ.get("NO_COLOR"))
    _ask_textual(plain=plain, slow_link=slow_link)
    import gc

    gc.disable()  # until the first picture: imports leave no garbage, and to look for it takes a twentieth of the time
    from cursus_tui.workbench import Workbench, open_pipeline

    def open_desk() -> Workbench:
        how = dataclasses.replace(limits, hold_on_failure=not no_hold)
        desk = Workbench(open_pipeline(path, options, check=False), how, workspace, debugs=True)
        if ide is not None:
            desk.open_ide(None if ide == NEXT_FREE else int(ide))
        return desk

    # Opened while Textual is imported: an interpreter is asked what it has, and that is another process.
    desk = _begun(open_desk)
    from cursus_tui.app.app import CursusApp, Looks
    from cursus_tui.app.keymap import build_keymap, load_settings

    settings = load_settings()
    app = CursusApp(
        desk, build_keymap(settings), Looks(settings.theme if theme is None else theme, plain), opening=path
    )
    return run_app(app, limits.command)


def _ask_textual(*, plain: bool, slow_link: bool) -> None:
    """Set what Textual reads when it is imported."""
    if plain:
        # NO_COLOR without an ANSI theme from the start gives grey RGB colours.
        os.environ["TEXTUAL_THEME"] = "ansi-dark"
        os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if slow_link:
        os.environ["TEXTUAL_FPS"] = "15"


def _begun(open_desk: Callable[[], Workbench]) -> Future[DeskPort]:
    opened: Future[DeskPort] = Future()
    opened.set_running_or_notify_cancel()  # an app that ends before does not cancel it

    def work() -> None:
        try:
            opened.set_result(open_desk())
        except Exception as problem:
            opened.set_exception(problem)

    threading.Thread(target=work, name="open").start()
    return opened


def run_app(app: CursusApp, command: str) -> int:
    """Run the app to its end; whatever happens, its step is taken care of and what was opened is closed.

    Args:
        app: Made, and not run yet.
        command: How to come back to what goes on without it.

    Returns:
        The exit code.
    """
    # A thread that reads what a step printed gives way to a key within this time, not within Python's 5 ms.
    sys.setswitchinterval(0.001)
    leaving = None
    try:
        leaving = app.run()
    finally:
        # Kept running unless the user says otherwise: a crash of ours must not take the step with it.
        keep_running = leaving is None or leaving.keep_running
        if app.desk is not None:
            app.desk.close(keep_running=keep_running)
        if leaving is None or not leaving.terminal_gone:
            _say_farewell(app, command)
    problem = leaving.problem if leaving is not None else app.crash
    if problem is not None:
        raise problem
    return app.return_code or 0


def _say_farewell(app: CursusApp, command: str) -> None:
    from cursus_tui.app.leaving import farewell

    session = app.main.session if app.main is not None else None
    for line in farewell(session.state if session is not None else None, command):
        click.echo(line, err=True)


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
