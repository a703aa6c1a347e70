"""After a failure: which file the step was reading, and who wrote it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cursus_tui.execution.data_flow import InputUse
from cursus_tui.execution.failure_hint import failure_hint
from cursus_tui.execution.protection import ProtectedInput
from cursus_tui.records.run import Artifact, Attempt, Frame, StepError, StepStatus

WRITTEN = Attempt("run", "Prep", 1, StepStatus.PASSED, Path("/w/Prep/1"))
DATA = InputUse("training_data", Path("/w/Prep/1/output/out"), "Prep", WRITTEN, "out")
OTHER = InputUse("labels", Path("/given/labels"), None)
PROTECTED = {"training_data": ProtectedInput("training_data", DATA.path, Path("/w/Train/1/inputs/training_data"), {})}


def error(message: str, kind: str = "ValueError", **held: str) -> StepError:
    frames = (
        Frame("/p/train.py", 3, "main", True, locals=held),
        Frame("/lib/pandas/x.py", 9, "read", False, locals={"path": "'/given/labels/l.csv'"} if held else {}),
    )
    return StepError(kind, message, "/p/train.py", 3, frames)


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (
            error("cannot parse /w/Prep/1/output/out/part-0.csv: bad line"),
            "reading training_data/part-0.csv, written by Prep",
        ),
        (
            error("'amount'", "KeyError", path="'/w/Train/1/inputs/training_data/part-1.csv'", n="3"),
            "reading training_data/part-1.csv, written by Prep",
        ),
        (error("no such column", df="DataFrame 3 x 2"), "reading labels/l.csv, given as /given/labels"),
        (error("in /w/Prep/1/output/outer/x.csv"), "it reads training_data, written by Prep"),
        (error("No value of 'code' in split 'val' is in its table"), "it reads training_data, written by Prep"),
        (error("division by zero", "ZeroDivisionError"), ""),
    ],
)
def test_the_file_and_who_wrote_it_are_named(why: StepError, expected: str):
    assert failure_hint(why, (DATA, OTHER), PROTECTED) == expected


def test_with_one_input_a_complaint_about_data_is_about_that():
    why = StepError("KeyError", "'amount'")
    assert failure_hint(why, (DATA,), {}) == "reading training_data, written by Prep"
    assert failure_hint(StepError("ZeroDivisionError", "division by zero"), (DATA,), {}) == ""
    assert failure_hint(why, (DATA, OTHER), {}) == "it reads training_data, written by Prep"
    assert failure_hint(why, (OTHER, OTHER), {}) == ""


def test_the_cause_counts_too():
    why = StepError("RuntimeError", "failed", causes=(StepError("OSError", "bad /given/labels/l.csv"),))
    assert failure_hint(why, (DATA, OTHER), {}) == "reading labels/l.csv, given as /given/labels"


def test_the_file_is_named_from_what_the_writer_recorded_where_the_message_does_not():
    path = DATA.path / "deep" / "part-0.csv"
    artifact = Artifact("Prep", "out", path, "deep/part-0.csv", "csv", 9)
    returned = Artifact("Prep", "returned", Path("/w/Prep/1/returned/x.csv"), "x.csv", "csv", 9)
    use = replace(DATA, source=replace(WRITTEN, artifacts=(artifact, returned)))
    named = "training_data/deep/part-0.csv, written by Prep"
    cut = error("'amount'", "KeyError", path="'/w/Train/1/inp…")
    assert failure_hint(cut, (use,), PROTECTED) == f"reading {named}"
    other = replace(OTHER, path=Path("/elsewhere"))
    assert failure_hint(error("Input X contains NaN."), (use, other), PROTECTED) == f"it reads {named}"
    two = replace(use, source=replace(WRITTEN, artifacts=(artifact, replace(artifact, name="b.csv"))))
    assert failure_hint(cut, (two,), PROTECTED) == "reading training_data, written by Prep"
