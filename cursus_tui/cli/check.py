"""``cursus-tui check``: what is known of a pipeline before anything runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cursus_tui.cli.options import path_options

if TYPE_CHECKING:
    from cursus_tui.records.opening import OpenOptions


@click.command()
@path_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(path: str, options: OpenOptions, as_json: bool) -> int:
    """Print a pipeline's wiring, values and findings; run nothing.

    PATH is a *.dag.json, a folder, a config JSON beside a DAG, a Python file with a PipelineDAG (FILE.py:NAME for one
    of several), or sample:NAME.

    Exit code: 0 without errors, 1 with errors, 2 for bad input.
    """
    from rich.console import Console

    from cursus_tui.records.pipeline import Severity
    from cursus_tui.reporting.check_report import check_document, print_check
    from cursus_tui.workbench import open_pipeline

    opened = open_pipeline(path, options)
    if as_json:
        click.echo(json.dumps(check_document(opened.pipeline), indent=2, ensure_ascii=True))
    else:
        print_check(opened.pipeline, opened.interpreter, Console(highlight=False, markup=False, emoji=False))
    return int(any(finding.severity is Severity.ERROR for finding in opened.pipeline.findings))
