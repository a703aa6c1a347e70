"""``cursus-tui sample``: the pipelines that come with the program."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cursus_tui.cli.options import GIVEN_PATH


@click.command()
@click.argument("name", required=False)
@click.argument("folder", type=GIVEN_PATH, required=False)
def sample(name: str | None, folder: Path | None) -> int:
    """List the sample pipelines, or copy one to FOLDER (by default to a folder of its name here).

    Nothing is ever overwritten. `cursus-tui debug sample:NAME` opens a private copy without any copying of yours.
    """
    from cursus_tui.pipeline.given_files import absolute
    from cursus_tui.pipeline.samples import copy_sample, sample_names, sample_summary
    from cursus_tui.text import safe

    if name is None:
        for each in sample_names():
            click.echo(f"{each:<18} {sample_summary(each)}".rstrip())
        click.echo("\nOpen one:  cursus-tui debug sample:NAME\nCopy one:  cursus-tui sample NAME FOLDER")
        return 0
    target = copy_sample(name, folder or absolute("."))
    shown = safe(os.path.relpath(target))
    click.echo(f"Copied {name} to {shown}\nOpen it:  cursus-tui debug {shown}")
    return 0
