"""``cursus-tui run``: a pipeline without a screen."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cursus_tui.cli.options import GIVEN_PATH, path_options, run_options

if TYPE_CHECKING:
    from cursus_tui.execution.options import RunOptions
    from cursus_tui.execution.pipeline_executor import PipelineRunSummary
    from cursus_tui.records.opening import OpenOptions
    from cursus_tui.workbench import Workbench

INTERRUPTED = 130


@click.command()
@path_options
@run_options
@click.option("--to", metavar="STEP", help="Run what this step needs, and the step itself.")
@click.option("--from", "from_step", metavar="STEP", help="Run this step and what follows, on what is there already.")
@click.option("--only", metavar="STEP", help="Run this step alone, on what is there already.")
@click.option("--reuse", is_flag=True, help="Do not run again what an earlier run left and is up to date.")
@click.option("--keep-going", is_flag=True, help="After a failure, run the steps that do not need it.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--junit", type=GIVEN_PATH, metavar="FILE", help="Write a JUnit report, too.")
def run(
    path: str,
    options: OpenOptions,
    workspace: Path | None,
    limits: RunOptions,
    to: str | None,
    from_step: str | None,
    only: str | None,
    reuse: bool,
    keep_going: bool,
    as_json: bool,
    junit: Path | None,
) -> int:
    """Run a pipeline without a screen, step by step, and report.

    PATH is a *.dag.json, a folder, a config JSON beside a DAG, a Python file with a PipelineDAG (FILE.py:NAME for one
    of several), or sample:NAME.

    Exit code: 0 when all that was asked for has passed, 1 when a step failed or still waits, 2 for bad input, 130 after
    Ctrl-C.
    """
    import dataclasses

    from cursus_tui.records.errors import UserError
    from cursus_tui.reporting.run_report import run_report
    from cursus_tui.workbench import Workbench, open_pipeline

    if only and (to or from_step):
        raise UserError("--only runs one step", expected="--only alone, or --from and --to", hint="leave one out")
    _require_writable(junit)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    how = dataclasses.replace(limits, reuse=reuse, keep_going=keep_going, stop_on_failure=False, use_breakpoints=False)
    workbench = Workbench(open_pipeline(path, options), how, workspace)
    summary = _run(workbench, to, from_step, only)
    report = run_report(summary.run_id, [summary.steps[name] for name in summary.steps if name in summary.asked])
    _print(report, as_json=as_json)
    if junit:
        from cursus_tui.reporting.junit import junit as junit_report

        _write(junit, junit_report(report, workbench.pipeline.name))
    return INTERRUPTED if summary.interrupted else 0 if summary.succeeded else 1


def _run(workbench: Workbench, to: str | None, from_step: str | None, only: str | None) -> PipelineRunSummary:
    """Run it, and say on the terminal how it goes on."""
    from cursus_tui.cli.progress import Progress, tell
    from cursus_tui.execution.pipeline_executor import PipelineExecutor

    try:
        workbench.require_owner()
        progress = Progress() if sys.stderr.isatty() else None
        executor = PipelineExecutor(workbench.new_session(), progress.show if progress else tell)
        summary = executor.run(to=to, from_step=from_step, only=only)
        if progress:
            progress.done()
    finally:
        workbench.close()
    return summary


def _require_writable(junit: Path | None) -> None:
    """Refuse a report's file before anything runs where it could not be written after."""
    if junit is None:
        return
    from cursus_tui.records.errors import UserError

    place = junit if junit.exists() else junit.parent
    if junit.is_dir() or not os.access(place, os.W_OK) or (place != junit and not place.is_dir()):
        raise UserError(
            "--junit: it cannot be written there",
            file=junit,
            expected="a file, in a folder that exists and that you may write to",
            hint="name another file",
        )


def _write(junit: Path, report: bytes) -> None:
    from cursus_tui.records.errors import UserError

    try:
        junit.write_bytes(report)
    except OSError as error:
        raise UserError(
            f"--junit: the report cannot be written: {error.strerror or error}",
            file=junit,
            expected="a file that can be written",
            hint="cursus-tui show tells the run, too",
        ) from None


def _print(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps(report, indent=1))
        return
    from rich.console import Console

    from cursus_tui.reporting.run_text import print_run

    print_run(Console(highlight=False), report)
