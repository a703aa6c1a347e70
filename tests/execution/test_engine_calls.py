"""How main is called: as the script's own block would, with the run's folders, and from the contract otherwise."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Attempt, Runner

SCRIPT = """
import argparse, json, os, sys
from pathlib import Path

def main(input_paths, output_paths, environ_vars, job_args, logger=None):
    if logger is not None:
        logger("called")
        logger.info("logged")
    Path(output_paths["result"], "seen.json").write_text(json.dumps({
        "inputs": {name: str(path) for name, path in input_paths.items()},
        "outputs": dict(output_paths),
        "environ": environ_vars,
        "job_type": job_args.job_type,
    }))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", required=True, choices=["training", "testing"])
    inputs = {"data": "/opt/ml/processing/input/data", "model": "/opt/ml/processing/input/model/part"}
    if os.path.exists("/opt/ml/processing/input/extra"):
        inputs["extra"] = Path("/opt/ml/processing/input/extra")
    result = main(
        inputs,
        {"result": "/opt/ml/processing/output"},
        {"FAST": os.environ.get("FAST", "no").lower() == "true", "WORK": os.environ.get("WORK", "/tmp/shared/work")},
        parser.parse_args(),
    )
    Path("/opt/ml/processing/output/_SUCCESS").touch()
    os.makedirs("/opt/ml/output/notes", exist_ok=True)
    open("/opt/ml/output/failure", "w").close()
    sys.exit(0)
"""


CALL = "if __name__ == '__main__':\n    main()\n"


def run_contract(runner: Runner, tmp_path: Path, source: str = SCRIPT, **fields: Any) -> tuple[Attempt, dict[str, Any]]:
    """Run with a contract of three inputs, two of them wired, and one output."""
    for name in ("data", "model"):
        (tmp_path / name).mkdir(exist_ok=True)
    output = tmp_path / "output"
    given: dict[str, Any] = {
        "contract_inputs": {
            "DATA": "/opt/ml/processing/input/data",
            "model": "/opt/ml/processing/input/model",
            "extra": "/opt/ml/processing/input/extra",
        },
        "contract_outputs": {"result": "/opt/ml/processing/output"},
        "input_paths": {"DATA": tmp_path / "data", "model": tmp_path / "model"},
        "output_paths": {"result": output},
        "environment": {"FAST": "false"},
        "argv": ("--job_type", "training"),
        "job_type": "training",
    }
    attempt = runner.run(source, **{**given, **fields})
    seen = output / "seen.json"
    return attempt, json.loads(seen.read_text()) if seen.exists() else {}


def test_the_block_builds_the_call(runner: Runner, tmp_path: Path) -> None:
    attempt, seen = run_contract(runner, tmp_path)
    assert attempt.result.status == "passed", attempt.stderr
    assert seen["environ"]["FAST"] is False
    assert seen["inputs"]["data"] == str(tmp_path / "data")
    assert seen["inputs"]["model"] == str(tmp_path / "model")
    assert "extra" not in seen["inputs"]
    assert seen["outputs"] == {"result": str(tmp_path / "output")}
    assert seen["job_type"] == "training"
    assert attempt.result.call is not None
    assert attempt.result.call.how == "__main__ block"
    assert attempt.result.call.environ_vars["FAST"] == "False"
    assert attempt.result.call.job_args == {"job_type": "'training'"}


def test_contract_names_come_beside_the_scripts(runner: Runner, tmp_path: Path) -> None:
    attempt, seen = run_contract(runner, tmp_path)
    assert seen["inputs"]["DATA"] == seen["inputs"]["data"]
    assert {override.name for override in attempt.result.overrides} == {"data", "logger"}
    assert "logged" in attempt.stdout


def test_as_shipped_adds_nothing(runner: Runner, tmp_path: Path) -> None:
    attempt, seen = run_contract(runner, tmp_path, as_shipped=True)
    assert attempt.result.status == "passed"
    assert sorted(seen["inputs"]) == ["data", "model"]
    assert seen["inputs"]["data"] == str(tmp_path / "data")
    assert "logged" not in attempt.stdout
    assert {override.name for override in attempt.result.overrides} == {"data"}


def test_the_block_sees_the_runs_folders(runner: Runner, tmp_path: Path) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    paths = {"DATA": tmp_path / "data", "model": tmp_path / "model", "extra": extra}
    attempt, seen = run_contract(runner, tmp_path, input_paths=paths)
    assert seen["inputs"]["extra"] == str(extra)
    assert (tmp_path / "output" / "_SUCCESS").exists()
    assert (attempt.folder / "container" / "output" / "failure").exists()
    assert not os.path.exists("/opt/ml/output/notes")


def test_what_a_block_writes_to_its_source_reaches_main_and_not_the_user(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{}")
    script = tmp_path / "step.py"
    script.write_text(
        "import os\n"
        "def main(input_paths, output_paths, environ_vars, job_args):\n"
        "    print(open(input_paths['settings']).read())\n"
        "if __name__ == '__main__':\n"
        "    with open('/opt/ml/code/settings.json', 'w') as file:\n"
        "        file.write('{\"mine\": 1}')\n"
        "    os.remove('/opt/ml/code/step.py')\n"
        "    main({'settings': '/opt/ml/code/settings.json'}, {}, {}, None)\n"
    )
    attempt = runner.start_file(script)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == '{"mine": 1}\n'
    assert (tmp_path / "settings.json").read_text() == "{}"
    assert script.exists()


def test_shared_temporary_folders_become_private(runner: Runner, tmp_path: Path) -> None:
    _, seen = run_contract(runner, tmp_path)
    work = seen["environ"]["WORK"]
    assert work.endswith("/shared/work")
    assert not work.startswith("/tmp/shared")
    told = runner.run_main(
        "import os, tempfile\nprint(os.environ['PLACE'], tempfile.gettempdir())", environment={"PLACE": "/tmp/place"}
    )
    place, temporary = told.stdout.split()
    assert place == f"{temporary}/place"
    assert os.path.realpath(temporary) in (str(told.folder / "tmp"), temporary)


def test_an_argument_that_the_script_refuses(runner: Runner, tmp_path: Path) -> None:
    attempt, _ = run_contract(runner, tmp_path, argv=("--job_type", "evaluation"))
    result = attempt.result
    assert (result.status, result.exit_code) == ("failed", 2)
    assert result.error is not None
    assert result.error.type == "exit"
    assert "invalid choice" in result.error.message
    assert result.error.file is not None
    assert result.error.file.endswith("step_script.py")
    assert "invalid choice" in attempt.stderr


def test_an_exit_code_made_of_an_exception_shows_the_exception(runner: Runner) -> None:
    attempt = runner.run_main(
        "raise KeyError('amount')",
        block="""
import sys
if __name__ == "__main__":
    try:
        main({}, {}, {}, None)
    except Exception as error:
        print("failed:", error)
        sys.exit(3)
""",
    )
    result = attempt.result
    assert result.exit_code == 3
    assert result.error is not None
    assert (result.error.type, result.error.message) == ("KeyError", "'amount'")
    assert result.error.frames[-1].function == "main"
    assert "failed: 'amount'" in attempt.stdout


def test_a_failure_after_main_counts(runner: Runner) -> None:
    block = "import sys\nif __name__ == '__main__':\n    sys.exit(0 if main({}, {}, {}, None) else 1)\n"
    assert runner.run_main("return False", block=block).result.exit_code == 1
    assert runner.run_main("return True", block=block).result.status == "passed"


def test_an_exception_that_the_block_hides_is_told(runner: Runner) -> None:
    block = (
        "if __name__ == '__main__':\n    try:\n        main({}, {}, {}, None)\n    except Exception:\n        pass\n"
    )
    attempt = runner.run_main("raise ValueError('x')", block=block)
    assert attempt.result.status == "passed"
    assert "main raised ValueError" in attempt.notices()


def test_without_a_block_the_contract_makes_the_call(runner: Runner, tmp_path: Path) -> None:
    attempt, seen = run_contract(
        runner,
        tmp_path,
        SCRIPT.partition('if __name__ == "__main__"')[0],
        argv=("--job_type", "testing", "--limit=3", "--dry-run"),
        environment={"MODE": "quick"},
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.call is not None
    assert attempt.result.call.how == "contract"
    assert attempt.result.call.job_args == {"job_type": "'testing'", "limit": "'3'", "dry_run": "True"}
    assert seen["environ"]["MODE"] == "quick"
    assert seen["inputs"] == {"DATA": str(tmp_path / "data"), "model": str(tmp_path / "model")}


def test_a_block_that_dies_for_want_of_its_container_falls_back(runner: Runner, tmp_path: Path) -> None:
    source = SCRIPT.replace("parser = argparse", "os.rename('/opt/ml/code/a', '/opt/ml/code/b')\n    parser = argparse")
    attempt, seen = run_contract(runner, tmp_path, source)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.call is not None
    assert attempt.result.call.how == "contract"
    assert "want of its container" in attempt.notices()
    assert seen["inputs"]["DATA"]
    shipped, _ = run_contract(runner, tmp_path, source, as_shipped=True)
    assert shipped.result.error is not None
    assert shipped.result.error.type == "FileNotFoundError"


def test_a_block_may_call_main_twice(runner: Runner, tmp_path: Path) -> None:
    source = """
def main(output_paths):
    open(output_paths["result"] + "/" + str(len(output_paths)), "w").close()
if __name__ == "__main__":
    main({"result": "/opt/ml/processing/output"})
    main({"result": "/opt/ml/processing/output", "more": "/opt/ml/processing/output/more"})
"""
    attempt, _ = run_contract(runner, tmp_path, source)
    assert attempt.result.status == "passed", attempt.stderr
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["1", "2"]
    assert len(attempt.named("called")) == 2


def test_a_container_path_inside_of_main_is_explained(runner: Runner) -> None:
    attempt = runner.run_main("open('/opt/ml/code/hyperparams/h.json')")
    assert attempt.result.error is not None
    assert attempt.result.error.type == "FileNotFoundError"
    assert "/opt/ml/code/hyperparams/h.json is written into the script" in attempt.notices()


def test_a_main_without_parameters_and_a_script_without_main(runner: Runner) -> None:
    bare = runner.run(
        "import sys\ndef main():\n    print(sys.argv[1:])\nif __name__ == '__main__':\n    main()\n", argv=("-x",)
    )
    assert bare.stdout == "['-x']\n"
    assert bare.result.status == "passed"
    none = runner.run("print('all of it')\nif 'x' == 'x' and __name__ == '__main__':\n    print('block')\n")
    assert none.stdout == "all of it\nblock\n"
    assert none.result.status == "passed"


def test_the_source_shown_is_the_one_that_ran(runner: Runner) -> None:
    result = runner.run_main(
        """
        import sys
        path = sys._getframe().f_code.co_filename
        with open(path, 'w') as file:
            file.write('# edited')
        raise ValueError('after the edit')
        """
    ).result
    assert result.error is not None
    assert result.error.frames[-1].source == "raise ValueError('after the edit')"


def test_an_edited_script_is_seen_at_once(runner: Runner, tmp_path: Path) -> None:
    script = tmp_path / "edited.py"
    seen = []
    for word in ("one", "two"):
        script.write_text(f"def main():\n    print('{word}')\nif __name__ == '__main__':\n    main()\n")
        attempt = runner.start_file(script)
        assert attempt.result.status == "passed"
        seen.append(attempt.stdout)
    assert seen == ["one\n", "two\n"]
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    "block", ["if  __name__ == '__main__' :", "if (__name__ == '__main__'):", 'if "__main__" == __name__:']
)
def test_blocks_in_other_shapes(runner: Runner, block: str) -> None:
    attempt = runner.run(
        f"""# -*- coding: latin-1 -*-
'''
if __name__ == '__main__':
'''
def main(input_paths):
    1 / 0
{block}
    main({{}})
"""
    )
    assert attempt.result.error is not None
    assert attempt.result.error.type == "ZeroDivisionError"
    assert [frame.line for frame in attempt.result.error.frames] == [8, 6]
    assert attempt.result.call is not None
    assert attempt.result.call.how == "__main__ block"


def test_objects_of_the_script_pickle_as_in_the_container(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        import pickle, thing_script
        open('thing.pkl', 'wb').write(pickle.dumps(Thing()))
        print(thing_script.Thing is Thing)
        """,
        before="class Thing:\n    pass\n",
        name="thing_script.py",
    )
    assert attempt.stdout == "True\n"
    with pytest.raises(AttributeError, match="__main__"):
        pickle.loads((attempt.folder / "scratch" / "thing.pkl").read_bytes())


def test_project_modules_are_found_and_recorded(runner: Runner, tmp_path: Path) -> None:
    scripts, shared = tmp_path / "dockers" / "scripts", tmp_path / "dockers"
    scripts.mkdir(parents=True)
    (shared / "shared_part.py").write_text("import psutil\nVALUE = 3\n")
    (scripts / "near_part.py").write_text("VALUE = 4\n")
    script = scripts / "step.py"
    script.write_text(
        "import near_part, shared_part\ndef main():\n    print(near_part.VALUE + shared_part.VALUE)\n" + CALL
    )
    attempt = runner.start_file(script, python_paths=(shared,), project_root=tmp_path)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "7\n"
    assert attempt.result.imported_files == (scripts / "near_part.py", shared / "shared_part.py")
    assert sorted(attempt.result.libraries) == ["psutil"]


def test_relative_imports_run_no_init_that_is_not_needed(runner: Runner, tmp_path: Path) -> None:
    package = tmp_path / "src" / "product"
    for folder in (package / "steps" / "scripts", package / "processing"):
        folder.mkdir(parents=True)
    for folder in (tmp_path / "src", package / "steps", package / "steps" / "scripts"):
        (folder / "__init__.py").write_text("")
    (package / "__init__.py").write_text("import no_such_cloud_library\n")
    (package / "processing" / "__init__.py").write_text("from .tables import TABLE\nNAME = 'real'\n")
    (package / "processing" / "tables.py").write_text("TABLE = 7\n")
    script = package / "steps" / "scripts" / "step.py"
    body = "from ...processing.tables import TABLE\nfrom ...processing import NAME\n{more}\ndef main():\n"
    body += "    print(TABLE, NAME)\n" + CALL
    script.write_text(body.format(more=""))
    attempt = runner.start_file(script, project_root=tmp_path)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "7 real\n"
    assert [(override.kind, override.name) for override in attempt.result.overrides] == [("package", "product")]
    script.write_text(body.format(more="from ... import client"))
    failed = runner.start_file(script, project_root=tmp_path).result
    assert failed.error is not None
    assert "no_such_cloud_library" in failed.error.message
    shipped = runner.start_file(script, project_root=tmp_path, as_shipped=True).result
    assert shipped.error is not None
    assert "relative import" in shipped.error.message


def test_stubs_import_and_raise_when_used(runner: Runner) -> None:
    before = """
    import no_such_torch
    import no_such_torch.nn as nn
    from no_such_torch.utils.data import Dataset
    class Net(nn.Module):
        x: no_such_torch.Tensor = None
        @no_such_torch.no_grad()
        def forward(self, x):
            return x
    class Rows(Dataset[int]):
        pass
    """
    absent = runner.run_main("pass", before=before).result
    assert absent.error is not None
    assert absent.error.type == "ModuleNotFoundError"
    quiet = runner.run_main("print(isinstance(3, no_such_torch.Tensor))", before=before, stubs=("no_such_torch",))
    assert quiet.result.status == "passed", quiet.stderr
    assert quiet.stdout == "False\n"
    assert [(override.kind, override.name) for override in quiet.result.overrides] == [("stub", "no_such_torch")]
    used = runner.run_main("no_such_torch.zeros(3)", before=before, stubs=("no_such_torch",)).result
    assert used.error is not None
    assert used.error.type == "StubUsedError"
    assert "no_such_torch.zeros" in used.error.message
    installed = runner.run_main("import json\nprint(json.dumps(1))", stubs=("json",))
    assert installed.stdout == "1\n"
    assert installed.result.overrides == ()


ODD_BLOCKS = {
    "try": "try:\n    if __name__ == '__main__':\n        {}\nfinally:\n    print('over')",
    "with": "with contextlib.suppress(KeyError):\n    if __name__ == '__main__':\n        {}",
    "one of": "if __name__ in ('__main__',):\n    {}",
    "else": "if __name__ != '__main__':\n    pass\nelse:\n    {}",
    "two lines": "if __name__ \\\n        == '__main__':\n    {}",
    "no block": "{}",
    "a value": "code = {}",
    "after a branch on its name": "if __name__ == 'x':\n    late = 1\nif __name__ in ('__main__',):\n    {}",
    "its source is read": "if __name__ == '__main__':\n    assert 'isdir' in inspect.getsource(main)\n    {}",
    "it is pickled": "if __name__ == '__main__':\n    pickle.dumps(main)\n    {}",
}


@pytest.mark.parametrize("shape", ODD_BLOCKS)
def test_main_gets_the_runs_folders_however_it_is_called(runner: Runner, tmp_path: Path, shape: str) -> None:
    source = f"""
import contextlib, inspect, os, pickle
INPUTS = {{"data": "/opt/ml/processing/input/data"}}
OUTPUTS = {{"result": "/opt/ml/processing/output"}}
if __name__ == 'elsewhere':
    print('nowhere')

def main(input_paths, output_paths, environ_vars, job_args):
    assert os.path.isdir(input_paths["data"]), input_paths
    open(output_paths["result"] + "/called", "a").write("x")

{ODD_BLOCKS[shape].format("main(INPUTS, OUTPUTS, {}, 0)")}
"""
    attempt, _ = run_contract(runner, tmp_path, source)
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.result.call is not None
    assert attempt.result.call.how == "__main__ block"
    assert (tmp_path / "output" / "called").read_text() == "x"


def test_an_asynchronous_main_is_awaited(runner: Runner, tmp_path: Path) -> None:
    source = "async def main(output_paths):\n    open(output_paths['result'] + '/called', 'w').close()\n"
    attempt, _ = run_contract(runner, tmp_path, source)
    assert attempt.result.status == "passed", attempt.stderr
    assert (tmp_path / "output" / "called").exists()


def test_a_script_that_never_calls_its_main_is_told(runner: Runner) -> None:
    attempt = runner.run_main("pass", block="if __name__ == '__main__':\n    print('no')\n")
    assert attempt.result.status == "passed"
    assert "without a call of its main" in attempt.notices()
