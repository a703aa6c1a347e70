"""What the source of a script tells, without running it."""

from collections.abc import Collection
from pathlib import Path

import pytest

from cursus_tui.checks.imports import library_modules
from cursus_tui.checks.source import read_facts
from cursus_tui.checks.static import static_findings
from cursus_tui.records.pipeline import (
    Contract,
    Finding,
    InputChannel,
    Interface,
    OutputChannel,
    Overrides,
    Pipeline,
    ProjectLayout,
    Severity,
    Step,
    StepKind,
    Value,
)

CLEAN = """
import argparse
import os
import pandas as pd

CONTAINER = {"IN": "/opt/ml/processing/input/data"}

def main(input_paths, output_paths, environ_vars, job_args, logger=None):
    return pd.read_csv(input_paths["DATA"])

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", required=True, choices=["training", "testing"])
    args = parser.parse_args()
    input_paths = {"DATA": CONTAINER["IN"]}
    output_paths = {"out": "/opt/ml/processing/output"}
    main(input_paths, output_paths, dict(os.environ), args)
"""


def findings(
    tmp_path: Path,
    source: str | bytes,
    *,
    arguments: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    absent: Collection[str] = (),
    stubs: tuple[str, ...] = (),
    python_paths: tuple[Path, ...] = (),
    script: str = "scripts/step.py",
) -> tuple[Finding, ...]:
    file = tmp_path / script
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    contract = Contract(
        "step.py", (InputChannel("DATA", None), InputChannel("eval", None)), (OutputChannel("out", None),)
    )
    step = Step(
        "Clean_training",
        "Clean",
        "training",
        StepKind.SCRIPT,
        file,
        Interface("Clean", "Processing", contract, (), (), file),
        "",
    )
    given = {"job_type": "training"} if arguments is None else arguments
    pipeline = Pipeline(
        name="p",
        layout=ProjectLayout(tmp_path / "p.dag.json", tmp_path),
        steps={step.name: step},
        edges=(),
        bindings=(),
        environment={step.name: tuple(Value(k, v, "config", True) for k, v in (environment or {}).items())},
        arguments={step.name: tuple(Value(f"--{k}", v, "job type", True) for k, v in given.items())},
        findings=(),
        overrides=Overrides(stubs=stubs),
        python_paths=python_paths,
    )
    return static_findings(pipeline, lambda python, names: frozenset(names) & frozenset(absent))


def codes(found: tuple[Finding, ...]) -> list[str]:
    return [each.code for each in found]


def test_a_usual_script_has_nothing_to_complain_about(tmp_path: Path) -> None:
    assert findings(tmp_path, CLEAN) == ()


def test_choices_that_reject_the_job_type(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, CLEAN, arguments={"job_type": "evaluation"})
    assert (found.severity, found.code, found.step) == (Severity.ERROR, "choice-rejected", "Clean_training")
    assert "--job_type evaluation" in found.message
    assert "training, testing" in found.hint
    assert found.line == 13


def test_arguments_the_parser_wants_or_does_not_know(tmp_path: Path) -> None:
    assert codes(findings(tmp_path, CLEAN, arguments={})) == ["missing-argument"]
    assert codes(findings(tmp_path, CLEAN, arguments={"job_type": "training", "epochs": "3"})) == ["unknown-argument"]
    lenient = CLEAN.replace("parse_args()", "parse_known_args()[0]")
    assert findings(tmp_path, lenient, arguments={"job_type": "training", "epochs": "3"}) == ()


def test_absent_libraries_at_import_and_while_running(tmp_path: Path) -> None:
    source = CLEAN.replace("import pandas as pd", "import torch.nn as nn\nimport pandas as pd").replace(
        "    return pd", "    import lightning\n    return pd"
    )
    eager, lazy = findings(tmp_path, source, absent={"torch", "lightning"})
    assert (eager.severity, eager.code, eager.line) == (Severity.ERROR, "missing-import", 4)
    assert "--stub torch" in eager.hint
    assert (lazy.severity, lazy.code) == (Severity.WARNING, "missing-lazy-import")


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import torch\nexcept ImportError:\n    torch = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import torch\n",
        "def never_called():\n    import torch\n",
    ],
)
def test_imports_that_may_fail_are_not_missed(tmp_path: Path, source: str) -> None:
    assert findings(tmp_path, source + CLEAN, absent={"torch"}) == ()


def test_a_stub_that_the_user_allowed_is_only_a_note(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "import torch\n" + CLEAN, absent={"torch"}, stubs=("torch",))
    assert (found.severity, found.code) == (Severity.INFO, "stubbed-import")


def test_project_modules_are_followed_not_missed(tmp_path: Path) -> None:
    library = tmp_path / "dockers/processing"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("import never_asked_for\n")
    (library / "encoders.py").write_text("from .base import Base\nimport torch\n")
    (library / "base.py").write_text("import processing.base\n")
    source = "from processing.encoders import Encoder\n" + CLEAN
    (found,) = findings(
        tmp_path,
        source,
        absent={"torch", "processing", "never_asked_for"},
        python_paths=(tmp_path / "dockers",),
    )
    assert (found.code, found.file, found.line) == ("missing-import", library / "encoders.py", 2)


def test_relative_imports_and_what_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "pkg/processing").mkdir(parents=True)
    (tmp_path / "pkg/processing/encoders.py").write_text("")
    good = "from ..processing.encoders import A\nfrom ..processing import encoders\n" + CLEAN
    assert findings(tmp_path, good, script="pkg/scripts/step.py") == ()
    (found,) = findings(tmp_path, "from ..processing.gone import A\n" + CLEAN, script="pkg/scripts/step.py")
    assert (found.severity, found.code, found.line) == (Severity.ERROR, "missing-project-module", 1)
    assert "..processing.gone" in found.message


def test_a_package_beside_the_script_that_is_not_on_the_path_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "processing").mkdir()
    (tmp_path / "processing/x.py").write_text("")
    (found,) = findings(
        tmp_path, "import processing.x\n" + CLEAN, absent={"processing"}, script="steps/scripts/step.py"
    )
    assert f"PYTHONPATH={tmp_path}" in found.hint


PIP = """
import os, sys
from subprocess import check_call
USE_SECURE_PYPI = os.environ.get("USE_SECURE_PYPI", "{default}").lower() == "true"

def token():
    import boto3
    return boto3.client("sts").get_caller_identity()

def install(packages, secure=USE_SECURE_PYPI):
    if secure:
        token()
    check_call([sys.executable, "-m", "pip", "install", *packages])

install(["pandas==1.5"])
"""


def test_pip_and_aws_at_import(tmp_path: Path) -> None:
    found = findings(tmp_path, PIP.replace("{default}", "true") + CLEAN)
    assert [(each.code, each.severity) for each in found] == [
        ("pip-at-import", Severity.INFO),
        ("aws-at-import", Severity.WARNING),
    ]
    assert "--env Clean_training.USE_SECURE_PYPI=false" in found[1].hint
    assert codes(findings(tmp_path, PIP.replace("{default}", "false") + CLEAN)) == ["pip-at-import"]
    off = findings(tmp_path, PIP.replace("{default}", "true") + CLEAN, environment={"USE_SECURE_PYPI": "false"})
    assert codes(off) == ["pip-at-import"]
    on = findings(tmp_path, PIP.replace("{default}", "false") + CLEAN, environment={"USE_SECURE_PYPI": "true"})
    assert codes(on) == ["pip-at-import", "aws-at-import"]


def test_pip_in_a_function_that_nobody_calls_is_nothing(tmp_path: Path) -> None:
    assert findings(tmp_path, PIP.replace("\ninstall(", "\n# install(") + CLEAN) == ()


def test_aws_when_it_runs(tmp_path: Path) -> None:
    source = "import boto3\nclass Store:\n    def fetch(self):\n        boto3.client('s3')\n" + CLEAN
    assert findings(tmp_path, source) == ()
    used = source.replace("    return pd", "    Store().fetch()\n    return pd")
    assert codes(findings(tmp_path, used)) == ["aws-when-run"]


@pytest.mark.parametrize(
    ("line", "flagged"),
    [
        ('open("/opt/ml/code/hyperparameters.json")', True),
        ("open(CONFIG)", True),
        ('environ_vars.get("X", "/opt/ml/x")', False),
        ('environ_vars.get("X") or "/opt/ml/x"', False),
        ('"x".startswith("/opt/ml")', False),
        ('print("see /opt/ml")', False),
    ],
)
def test_container_paths_outside_the_main_block(tmp_path: Path, line: str, flagged: bool) -> None:
    source = 'CONFIG = "/opt/ml/config.json"\n' + CLEAN.replace("    return pd", f"    {line}\n    return pd")
    assert codes(findings(tmp_path, source)) == (["container-path"] if flagged else [])


def test_main_blocks_that_do_not_give_what_main_reads(tmp_path: Path) -> None:
    needed = CLEAN.replace('input_paths["DATA"]', 'input_paths["eval"]')
    (found,) = findings(tmp_path, needed)
    assert found.code == "main-block-mismatch"
    assert "it gives DATA" in found.message
    assert "contract's name is added" in found.hint
    got = CLEAN.replace('input_paths["DATA"]', 'input_paths.get("eval")')
    assert codes(findings(tmp_path, got)) == ["main-block-mismatch"]
    optional = CLEAN.replace("    return pd", '    input_paths.get("eval")\n    return pd')
    assert findings(tmp_path, optional) == ()
    tested = CLEAN.replace("    return pd", '    "x" in input_paths and input_paths["x"]\n    return pd')
    assert findings(tmp_path, tested) == ()
    piecewise = needed.replace("    main(input_paths", '    input_paths["eval"] = "x"\n    main(input_paths')
    assert findings(tmp_path, piecewise) == ()


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("x = 1\n", "no-main", None),
        ("def main():\n    pass\n", "main-without-parameters", 1),
        ("\ndef main(paths, config):\n    pass\n", "main-signature", 2),
        ("def main(input_paths, output_paths, environ_vars, job_args, secret):\n    pass\n", "main-signature", 1),
        ("def main(:\n", "syntax-error", 1),
        (b"\x00\x01", "syntax-error", None),
        ("(" * 5000, "syntax-error", None),
    ],
)
def test_scripts_of_another_shape(tmp_path: Path, source: str | bytes, code: str, line: int | None) -> None:
    (found,) = findings(tmp_path, source)
    assert found.code == code
    assert line is None or found.line == line
    assert found.file == tmp_path / "scripts/step.py"


def test_an_edited_script_is_read_again(tmp_path: Path) -> None:
    assert findings(tmp_path, CLEAN) == ()
    assert codes(findings(tmp_path, CLEAN + "\nthis is no python\n")) == ["syntax-error"]


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "x = 1\nprint 'hello'\n")
    assert found.message.startswith("step.py is not valid Python in line 2: ")
    assert found.severity is Severity.ERROR


def test_steps_without_a_script_and_other_interpreters(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("import torch\n" + CLEAN)
    other = tmp_path / "other/python"

    def step(name: str, script: Path | None, python: Path | None = None) -> Step:
        kind = StepKind.SCRIPT if script else StepKind.REMOTE
        return Step(name, name, None, kind, script, None, "", python=python)

    steps = {each.name: each for each in (step("A", file), step("B", file, other), step("C", None))}
    arguments = {name: (Value("--job_type", "training", "", True),) for name in steps}
    pipeline = Pipeline(
        "p", ProjectLayout(file, tmp_path), steps, (), (), {}, arguments, (), Overrides(), python_paths=()
    )
    asked = []

    def absent(python: Path | None, names: frozenset[str]) -> frozenset[str]:
        asked.append(python)
        return frozenset({"torch"}) & names if python == other else frozenset()

    assert [(each.step, each.code) for each in static_findings(pipeline, absent)] == [("B", "missing-import")]
    assert asked == [None, other]


def test_libraries_to_preload_are_dotted_and_never_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "encoders.py").write_text("import numpy.linalg\n")
    script = tmp_path / "train.py"
    script.write_text(
        "import json\nfrom sklearn.metrics import auc\nimport encoders\n"
        "def main(input_paths, output_paths, environ_vars, job_args):\n    import scipy\n"
    )
    found = library_modules(read_facts(script), (tmp_path,))
    assert found == {"json", "sklearn.metrics", "numpy.linalg"}
