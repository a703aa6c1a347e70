"""A run in words, for terminals, logs and screen readers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cursus_tui.records.run import GUARDS, Attempt, RunRecord, StepError
from cursus_tui.storage.regular_file import open_regular
from cursus_tui.text import human_bytes, human_count, human_rows, human_seconds, plain_line, safe

STYLES = {
    "passed": "green",
    "reused": "cyan",
    "failed": "bold red",
    "cancelled": "yellow",
    "missing input": "yellow",
    "missing script": "yellow",
}


def plain(text: str, style: str = "") -> Text:
    """Untrusted text as a rich Text: made safe, never read as markup."""
    return Text(safe(text), style=style)


def steps_table(report: dict[str, Any]) -> Table:
    """Step, status, time, memory and rows of a run report."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, justify in (("step", "left"), ("status", "left"), ("time", "right"), ("memory", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # rich wants its Literal
    table.add_column("rows out", justify="right")
    for step in report["steps"]:
        rows = [output["rows"] for output in step["outputs"] if output["rows"] is not None]
        table.add_row(
            plain(step["name"]),
            plain(_word(step), STYLES.get(step["status"], "dim")),
            human_seconds(step["seconds"]),
            human_bytes(step["peak_rss_bytes"]),
            human_count(sum(rows)) if rows else "",
        )
    return table


def _word(step: dict[str, Any]) -> str:
    """As ``StepState.word``: what the user gave is not called reused."""
    return "given" if step["status"] == "reused" and step["reused_from"] is None else str(step["status"])


def explanation_lines(step: dict[str, Any]) -> Iterator[Text]:
    """Why a step failed or could not run, and what the guards refused."""
    error = step["error"]
    if error:
        yield plain(f"{step['name']}: {error['type']}: {error['message']}", "bold red")
        if error["file"]:
            yield plain(f"  at {error['file']}:{error['line']}")
        if error["hint"]:
            yield plain(f"  {error['hint']}")
    elif step["note"] and step["status"] not in ("passed", "reused"):
        yield plain(f"{step['name']}: {step['note']}")
    for action in step["blocked_actions"]:
        yield plain(f"{step['name']}: blocked {action['kind']}: {action['detail']}", "yellow")


def print_run(console: Console, report: dict[str, Any]) -> None:
    """The steps of a run, then everything that needs an explanation."""
    console.print(steps_table(report))
    lines = [line for step in report["steps"] for line in explanation_lines(step)]
    if lines:
        console.print()
    for line in lines:
        console.print(line, soft_wrap=True)
    console.print()
    for guard in dict.fromkeys(step["network_guard"] for step in report["steps"]):
        if guard in GUARDS:
            console.print(plain(f"network: {GUARDS[guard]}", "dim"), soft_wrap=True)
    console.print(plain(f"run {report['run_id']}: {report['status']}"))


def print_runs(console: Console, runs: Iterable[RunRecord]) -> None:
    """The list of runs, newest first, a line for each, with the user's own time: their ids have UTC."""
    lines = [("run", "pipeline", "phase", "started", "took", "started by")]
    for run in runs:
        took = human_seconds(run.ended - run.started) if run.ended else ""
        started = time.strftime("%m-%d %H:%M", time.localtime(run.started))
        lines.append((run.run_id, safe(run.pipeline), run.phase.value, started, took, safe(run.command)))
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        padded = "  ".join(set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        console.print(Text(padded, "" if number else "bold"), soft_wrap=True)


def error_lines(error: StepError) -> Iterator[Text]:
    """A structured traceback with its locals, outermost frame first, as Python prints it."""
    for cause in reversed(error.causes):
        yield from _one_error(cause)
        yield Text("\nwhich led to:\n", style="dim")
    yield from _one_error(error)
    if error.hint:
        yield plain(error.hint, "bold")


def _one_error(error: StepError) -> Iterator[Text]:
    for frame in error.frames:
        style = "" if frame.user else "dim"
        yield plain(f"  {frame.file}:{frame.line} in {frame.function}", style)
        if frame.source:
            yield plain(f"    {frame.source.strip()}", style or "bold")
        for name, summary in frame.locals.items():
            yield plain(f"      {name} = {summary}", "dim")
    for line in f"{error.type}: {error.message}".splitlines():
        yield plain(line, "bold red")


def print_traceback(console: Console, attempt: Attempt, error: StepError) -> None:
    """Why an attempt failed, outermost frame first, with the locals as they were kept."""
    console.print(plain(f"{attempt.step}, attempt {attempt.number}: {attempt.word}", "bold"))
    for line in error_lines(error):
        console.print(line, soft_wrap=True)


def print_attempt(console: Console, attempt: Attempt) -> None:
    """Everything that is known of one attempt, without its output."""
    console.print(plain(f"{attempt.step}, attempt {attempt.number}: {attempt.word}", "bold"))
    if attempt.note:
        console.print(plain(attempt.note), soft_wrap=True)
    if attempt.call:
        console.print()
        console.print(plain(f"main() was called from its {attempt.call.how} with:", "bold"))
        for title in ("input_paths", "output_paths", "environ_vars", "job_args", "extra"):
            for name, value in getattr(attempt.call, title).items():
                console.print(plain(f"  {title}[{name}] = {value}"), soft_wrap=True)
    if attempt.artifacts:
        console.print()
        console.print(plain("wrote:", "bold"))
        for artifact in attempt.artifacts:
            rows = f", {human_rows(artifact.rows)}" if artifact.rows is not None else ""
            text = f"  {artifact.channel}/{artifact.name}  {artifact.kind}, {human_bytes(artifact.bytes)}{rows}"
            console.print(plain(text), soft_wrap=True)
    if attempt.guard in GUARDS:
        console.print(plain(f"network: {GUARDS[attempt.guard]}", "dim"), soft_wrap=True)
    for action in attempt.blocked:
        console.print(plain(f"blocked {action.kind}: {action.detail}", "yellow"), soft_wrap=True)
    for override in attempt.overrides:
        console.print(plain(f"override {override.kind} {override.name}: {override.detail}"), soft_wrap=True)
    if attempt.error:
        console.print()
        for line in error_lines(attempt.error):
            console.print(line, soft_wrap=True)
    console.print()
    console.print(plain(f"folder: {attempt.folder}", "dim"), soft_wrap=True)


def print_log(console: Console, attempt: Attempt) -> None:
    """What an attempt printed, each stream under its name, as a terminal would show it."""
    for name in ("stdout", "stderr"):
        console.print()
        console.print(plain(f"{name}:", "bold"))
        try:
            file = open_regular(attempt.folder / f"{name}.log")
        except OSError:
            console.print(plain("  nothing", "dim"))
            continue
        with file:
            for line in file:
                console.print(Text(plain_line(line.decode("utf-8", "backslashreplace").rstrip("\n"))), soft_wrap=True)
