"""``cursus-tui runs``, ``show`` and ``clean``: what earlier runs left."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cursus_tui.cli.options import GIVEN_PATH

if TYPE_CHECKING:
    from cursus_tui.records.run import Attempt, RunRecord
    from cursus_tui.storage.reader import StoreReader
    from cursus_tui.storage.workspace import Workspace

NEWEST = "last"
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

_where = click.option(
    "--workspace", type=GIVEN_PATH, metavar="DIR", help="Where runs are kept, if not beside the pipeline."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_path = click.argument("path", metavar="[PATH]", default=".")


@click.command()
@_path
@_where
@_json
def runs(path: str, workspace: Path | None, as_json: bool) -> int:
    """List the runs of a pipeline, newest first. PATH is by default the current folder."""
    with_store = _opened(path, workspace)
    found = with_store(lambda store: store.runs())
    if as_json:
        _print_json([_run_document(each) for each in found])
        return 0
    from rich.console import Console

    from cursus_tui.reporting.run_text import print_runs

    print_runs(Console(highlight=False), found)
    return 0


@click.command()
@click.argument("run_id", metavar="[RUN]", default=NEWEST)
@click.argument("step", metavar="[STEP]", required=False)
@click.option("--path", metavar="PATH", default=".", help="The pipeline, by default that of the current folder.")
@_where
@_json
@click.option("--log", is_flag=True, help="Print what the step printed, too.")
@click.option("--traceback", is_flag=True, help="Print only why the step failed last: its frames with their locals.")
@click.option("--profile", is_flag=True, help="Print only where the step spent its time and memory.")
def show(
    run_id: str,
    step: str | None,
    path: str,
    workspace: Path | None,
    as_json: bool,
    log: bool,
    traceback: bool,
    profile: bool,
) -> int:
    """Show a run, or everything about one of its steps: its call, what it wrote, its traceback with locals.

    RUN is an id from `cursus-tui runs`, the beginning of one, or "last", which it is by default.
    """
    from cursus_tui.records.errors import UserError

    asked = [name for name, given in (("--log", log), ("--traceback", traceback), ("--profile", profile)) if given]
    if asked and step is None:
        expected, hint = "RUN and STEP before it", f"cursus-tui show RUN STEP {asked[0]}"
        raise UserError(f"{asked[0]} needs a step", expected=expected, hint=hint)
    if len(asked) > 1 or (log and as_json):
        parts = " and ".join([*asked, "--json"] if len(asked) == 1 else asked)
        raise UserError(f"{parts} do not go together", expected="one of them", hint="leave one out")
    if profile:
        _opened(path, workspace)(lambda store: _show_profile(store, run_id, step, as_json=as_json))
        return 0
    run, attempts = _opened(path, workspace)(lambda store: _find(store, run_id, step))
    if traceback:
        return _show_traceback(run, attempts, as_json=as_json)
    if as_json:
        _print_json(_run_report(run, attempts))
        return 0
    from rich.console import Console

    from cursus_tui.reporting.run_text import print_attempt, print_log, print_run

    console = Console(highlight=False)
    if step is None:
        print_run(console, _run_report(run, attempts))
    else:
        print_attempt(console, attempts[-1])
        if log:
            print_log(console, attempts[-1])
    return 0


def _show_profile(store: StoreReader, run_id: str, step: str | None, *, as_json: bool) -> None:
    """Of the newest attempt that was profiled, else of the newest, whose phases and memory are known all the same."""
    from cursus_tui.reporting.profile_text import profile_document, profile_lines
    from cursus_tui.text import safe

    run, attempts = _find(store, run_id, step)
    known = {each.attempt: each for each in store.profiles(run.run_id) if each.step == step}
    attempt = next((each for each in reversed(attempts) if each.number in known), attempts[-1])
    found, samples = known.get(attempt.number), store.resources(attempt.run_id, attempt.step, attempt.number)
    if as_json:
        _print_json(profile_document(attempt, found, samples))
        return
    print(safe(f"{attempt.step}, attempt {attempt.number}: {attempt.word}"))
    for line in profile_lines(attempt, found, samples):
        print(line)


def _show_traceback(run: RunRecord, attempts: tuple[Attempt, ...], *, as_json: bool) -> int:
    """Of the newest attempt that failed: a later one may have passed."""
    from cursus_tui.records.errors import UserError

    failed = next((each for each in reversed(attempts) if each.error is not None), None)
    if failed is None or failed.error is None:
        last = attempts[-1]
        raise UserError(f"{last.step} did not fail in {run.run_id}: it is {last.word}", hint="leave --traceback out")
    if as_json:
        from cursus_tui.reporting.run_report import traceback_document

        _print_json(traceback_document(failed, failed.error))
        return 0
    from rich.console import Console

    from cursus_tui.reporting.run_text import print_traceback

    print_traceback(Console(highlight=False), failed, failed.error)
    return 0


@click.command()
@_path
@_where
@click.option("--older-than", metavar="AGE", help="Remove runs older than this, such as 12h, 30d or 4w.")
@click.option("--larger-than", metavar="SIZE", help="Remove the oldest until the rest is at most this, such as 5GB.")
@click.option("--all", "everything", is_flag=True, help="Remove every run that has ended.")
@click.option("--dry-run", "-n", is_flag=True, help="Only say what would go.")
def clean(
    path: str, workspace: Path | None, older_than: str | None, larger_than: str | None, everything: bool, dry_run: bool
) -> int:
    """Remove old runs and their files, by age or size. A run in progress always stays.

    PATH is by default the current folder. At least one of --older-than, --larger-than and --all says
    which runs go.
    """
    from cursus_tui.cli.options import byte_size
    from cursus_tui.records.errors import UserError
    from cursus_tui.storage.retention import clean as clean_workspace
    from cursus_tui.storage.workspace import own
    from cursus_tui.text import human_bytes

    if not (older_than or larger_than or everything):
        raise UserError(
            "nothing says which runs to remove", expected="--older-than, --larger-than or --all", hint="add -n to look"
        )
    if everything and (older_than or larger_than):
        raise UserError("--all removes every run", expected="--all alone", hint="leave the others out")
    age, size = _seconds(older_than), byte_size(larger_than, "--larger-than")
    found = _workspace(path, workspace)
    own(found)
    try:
        report = clean_workspace(found, older_than=age, larger_than=size, dry_run=dry_run)
    finally:
        found.close()
    verb = "would remove" if dry_run else "removed"
    for each in report.removed:
        print(f"{verb} {each.run_id}  {human_bytes(each.bytes)}")
    for kept, why in report.kept.items():
        print(f"kept {kept}: {why}")
    print(f"{verb} {len(report.removed)} runs; {human_bytes(report.bytes_left)} left")
    return 0


def _workspace(path: str, given: Path | None) -> Workspace:
    """The workspace of a path, which must exist: looking makes none."""
    from cursus_tui.pipeline.given_files import FOLDER, absolute, existing
    from cursus_tui.pipeline.target import find_target
    from cursus_tui.records.errors import UserError
    from cursus_tui.storage.workspace import FOLDER as PLACE
    from cursus_tui.storage.workspace import find_workspace

    if given:
        home = existing(given, "--workspace", FOLDER, expected="a folder that runs were kept in")
    else:
        here = absolute(path)
        home = here if path.strip() and os.path.isdir(here / PLACE) else find_target(path).home
    workspace = find_workspace(home, given)
    if workspace is None:
        raise UserError(
            "nothing has run here yet",
            file=home,
            expected="a pipeline that was run, or --workspace DIR",
            hint="start with cursus-tui debug PATH, or run PATH",
        )
    return workspace


def _opened(path: str, given: Path | None) -> Callable[[Callable[[StoreReader], Any]], Any]:
    """Reads something from the store of a path, and closes it."""
    from cursus_tui.storage.reader import StoreReader

    workspace = _workspace(path, given)

    def read(what: Callable[[StoreReader], Any]) -> Any:
        store = StoreReader.open(workspace.database)
        try:
            return what(store)
        finally:
            store.close()

    return read


def _find(store: StoreReader, run_id: str, step: str | None) -> tuple[RunRecord, tuple[Attempt, ...]]:
    from cursus_tui.records.errors import UserError

    every = store.runs()
    if not every:
        raise UserError("nothing has run here yet", hint="start with cursus-tui debug PATH, or run PATH")
    wanted = every[:1] if run_id == NEWEST else tuple(each for each in every if each.run_id.startswith(run_id))
    if len(wanted) != 1:
        shown = ", ".join(each.run_id for each in (wanted or every)[:5]) or "none"
        problem = f"{len(wanted)} runs begin with" if wanted else "there is no run"
        is_step = any(run_id == each.step for each in store.attempts(every[0].run_id))
        hint = f"cursus-tui show {NEWEST} {run_id}" if is_step else "cursus-tui runs lists them all"
        raise UserError(f"{problem} {run_id!r}", expected=f"one of {shown}", hint=hint)
    attempts = store.attempts(wanted[0].run_id, step)
    if step is not None and not attempts:
        steps = ", ".join(dict.fromkeys(each.step for each in store.attempts(wanted[0].run_id)))
        raise UserError(f"{step!r} did not run in {wanted[0].run_id}", expected=f"one of {steps or 'none'}")
    return wanted[0], attempts


def _run_report(run: RunRecord, attempts: tuple[Attempt, ...]) -> dict[str, Any]:
    from cursus_tui.records.run import Phase, StepState
    from cursus_tui.reporting.run_report import run_report

    newest = {each.step: each for each in attempts}
    report = run_report(run.run_id, [StepState(name, each.status, each) for name, each in newest.items()])
    if report["status"] == "passed" and run.phase is not Phase.FINISHED:
        report["status"] = "waiting"
    return report


def _run_document(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "pipeline": run.pipeline,
        "dag_file": str(run.dag_file),
        "started": run.started,
        "ended": run.ended,
        "phase": run.phase.value,
        "command": run.command,
    }


def _print_json(document: object) -> None:
    import json

    print(json.dumps(document, indent=1))


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not an age such as 12h, 30d or 4w", param_hint="--older-than")
    return float(match.group(1)) * _UNITS[match.group(2)]
