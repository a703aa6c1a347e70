"""Findings about the data that the user gave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cursus_tui.execution.options import MOST_GIVEN_FILES
from cursus_tui.records.pipeline import Finding, Pipeline, Severity


def given_data_findings(pipeline: Pipeline, most: int = MOST_GIVEN_FILES) -> Iterator[Finding]:
    """Says of folders with many files how far a change in them is noticed.

    Args:
        pipeline: The resolved pipeline.
        most: How many files of a folder are compared.
    """
    for step in pipeline.steps.values():
        for channel, path in step.given.items():
            if os.path.isdir(path) and _has_more_files(path, most):
                yield Finding(
                    Severity.INFO,
                    "many-given-files",
                    step.name,
                    f"{step.name}.{channel} is a folder of more than {most:,} files: when cursus-tui looks whether it "
                    f"changed, it compares size and time of the first {most:,}, by folder and name",
                    "if you change others, run the step again yourself",
                    path,
                )


def _has_more_files(folder: Path, most: int) -> bool:
    names = (name for _, _, files in os.walk(folder) for name in files)
    return next(islice(names, most, None), None) is not None
