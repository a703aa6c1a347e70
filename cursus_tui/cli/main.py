"""The entry point of ``cursus-tui``. Imports only click and the standard library until a command runs."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import click

from cursus_tui import __version__


class LazyCommand(NamedTuple):
    """A command that is imported when it is called."""

    module: str
    attribute: str
    summary: str
    """Shown by ``--help``, which must not import the command."""


COMMANDS = {
    "debug": LazyCommand("cursus_tui.cli.debug", "debug", "Open a pipeline on the screen and step through it."),
    "run": LazyCommand("cursus_tui.cli.run", "run", "Run a pipeline without a screen."),
    "check": LazyCommand("cursus_tui.cli.check", "check", "Print wiring, values and findings; run nothing."),
    "sample": LazyCommand("cursus_tui.cli.sample", "sample", "List the sample pipelines, or copy one."),
    "runs": LazyCommand("cursus_tui.cli.runs", "runs", "List the runs in a workspace."),
    "show": LazyCommand("cursus_tui.cli.runs", "show", "Show a run, or one of its steps."),
    "clean": LazyCommand("cursus_tui.cli.runs", "clean", "Remove old runs, by age and size."),
    "ide": LazyCommand("cursus_tui.cli.ide", "ide", "Print or write what lets an IDE attach."),
    "keys": LazyCommand("cursus_tui.cli.keys", "keys", "Print every key and what it does."),
}
"""In the order of ``--help``."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        command = getattr(importlib.import_module(lazy.module), lazy.attribute)
        assert isinstance(command, click.Command), f"{lazy.module}.{lazy.attribute} is not a command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{_meant(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items()])


def _meant(name: str) -> str:
    if os.path.exists(name) or name.startswith("sample:"):
        from cursus_tui.text import safe

        return f"; did you mean `cursus-tui debug {safe(name)}`?"
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]}?" if close else ""


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="cursus-tui")
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def cli(debug: bool) -> None:
    """Debug machine-learning pipelines step by step in the terminal, with the data in view.

    Start with:  cursus-tui debug sample:fraud_training
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and say how it ended.

    Args:
        arguments: Without the program's name; by default the process's.

    Returns:
        The exit code: 0 for success, 2 for bad input, 130 for Ctrl-C, else what the command says.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character must not end a report
    try:
        result: Any = cli.main(given, prog_name="cursus-tui", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("cursus-tui: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) went away. Point stdout elsewhere, or Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _explain(error, with_traceback="--debug" in given)
    return result if isinstance(result, int) else 0


def _explain(error: Exception, *, with_traceback: bool) -> int:
    from cursus_tui.records.errors import UserError
    from cursus_tui.text import safe

    if with_traceback:
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            print(safe(line), file=sys.stderr)
    lines = str(error).splitlines() or [type(error).__name__]
    if isinstance(error, UserError):
        print("cursus-tui: " + "\n".join(map(safe, lines)), file=sys.stderr)
        return 2
    print(f"cursus-tui: internal error: {type(error).__name__}: {safe(' '.join(lines), 500)}", file=sys.stderr)
    if not with_traceback:
        print("  try: the same command with --debug after cursus-tui, and report what it prints", file=sys.stderr)
    return 70


def run() -> NoReturn:
    """The ``cursus-tui`` program."""
    sys.exit(main())
