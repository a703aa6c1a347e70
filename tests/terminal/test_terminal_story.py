"""The whole job as a new user does it, keys only: look, edit, run, see a failure, mend the script, run to the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from needs import REPOSITORY

BROKEN = REPOSITORY / "sample_pipelines" / "broken_contract" / "scripts" / "feature_selection.py"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 45)])
def test_from_a_breakpoint_over_a_failure_to_the_end(
    terminal: Callable[..., object], project: Path, tmp_path: Path, width: int, height: int
) -> None:
    shutil.copy(BROKEN, project / "scripts" / "feature_selection.py")
    editor = tmp_path / "editor.sh"
    editor.write_text(
        '#!/bin/sh\nfor last; do :; done\nsed -i "s/excluded = {label}/excluded = {label, id_field}/" "$last"\n'
    )
    editor.chmod(0o755)
    screen = terminal("debug", str(project), width=width, height=height, environment={"EDITOR": str(editor)})
    screen.wait_for("nothing ran yet", "n run CradleDataLoading_training")

    # Break before a step, and continue to it.
    screen.search("FeatureSelection")
    screen.keys("b")
    screen.wait_for("›●")
    screen.keys("c")
    screen.wait_for("paused before FeatureSelection_training")

    # Look at its input.
    screen.keys("2")
    screen.wait_for("Will read input_data from RiskTableMapping_training", "nothing yet: the step has not run")
    screen.keys("Enter")
    screen.wait_for("order_id", "row 1 of")
    screen.keys("Escape")
    # An escape and the key after it are one key with alt, so what escape does is waited for.
    screen.until(lambda: "enter open" in screen.screen() and "row 1 of" not in screen.screen())
    screen.wait_for("nothing yet: the step has not run")

    # Edit a parameter, and run the step.
    screen.keys("4")
    screen.wait_for("N_FEATURES_TO_SELECT")
    screen.search("N_FEATURES")
    screen.keys("=")
    screen.fill("6")
    screen.wait_for("N_FEATURES_TO_SELECT = 6", "set by you")
    screen.keys("n")
    screen.wait_for("paused before SklearnTraining")

    # The next one fails over what this one wrote, and is held on the line; let go, its pane says what, where, and
    # which step it was reading from.
    screen.keys("c")
    screen.wait_for("held on", "Found array with 0 feature(s)", "c let it fail")
    screen.keys("c")
    screen.wait_for(
        "failed in SklearnTraining",
        "Found array with 0 feature(s)",
        "written by FeatureSelection_training",
        "features = []",
        "e error",
    )

    # Mend the script to blame, run that step again, and continue to the end.
    screen.keys("1", "Up", "3")
    screen.wait_for("feature_selection.py", "failed in SklearnTraini")
    screen.keys("o")
    screen.wait_for("script changed")
    screen.keys("r")
    screen.wait_for("paused after FeatureSelection_training")
    screen.keys("c")
    screen.wait_for("finished: 15 passed, 2 given")
    screen.keys("1")
    shown = screen.wait_for("not local")
    assert "failed" not in shown
    assert "stale" not in shown
    screen.keys("q")
    assert screen.wait_ended() == 0
