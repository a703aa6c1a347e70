"""Reading a DAG out of a Python file, in a process that can do no harm."""

import json
import sys
from pathlib import Path

import pytest

from cursus_tui.execution.dag_reader import read_python_dag
from cursus_tui.records.errors import UserError

PYTHON = Path(sys.executable)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def read(tmp_path: Path, source: str, name: str | None = None) -> dict[str, list[object]]:
    file = tmp_path / "shop_pipeline.py"
    file.write_text(source)
    document = json.loads(read_python_dag(file, name, PYTHON).read_text())
    assert document["metadata"]["name"] == "shop_pipeline"
    dag: dict[str, list[object]] = document["dag"]
    return dag


USUAL = """
import logging
from sagemaker.workflow.pipeline import Pipeline
from sagemaker import Session
from mods.mods_template import MODSTemplate
from cursus.api.dag.base_dag import PipelineDAG
from cursus.core.compiler.dag_compiler import PipelineDAGCompiler
from typing import Optional, List, Union

def create_shop_dag() -> PipelineDAG:
    dag = PipelineDAG()
    dag.add_node("Load_training")
    dag.add_node("Train")
    dag.add_edge("Load_training", "Train")
    logging.info(len(dag.nodes))
    return dag

@MODSTemplate(author="x", version="1")
class ShopPipeline:
    def __init__(self, session: Optional[Session] = None, more: Optional[List[Union[str, Session]]] = None) -> None:
        raise RuntimeError("needs AWS")
"""


def test_a_usual_project_file_without_anything_installed(tmp_path: Path) -> None:
    assert read(tmp_path, USUAL) == {"nodes": ["Load_training", "Train"], "edges": [["Load_training", "Train"]]}


@pytest.mark.parametrize(
    "source",
    [
        "from somewhere.cursus.api.dag import PipelineDAG\nd = PipelineDAG(nodes=['A'])\n",
        "import cursus\nd = cursus.api.PipelineDAG(nodes=['A'], edges=[])\n",
        "from cursus import PipelineDAG\nclass P:\n  @staticmethod\n  def a_dag():\n    return PipelineDAG(['A'])\n",
        "from cursus import PipelineDAG\ndef go():\n    d = PipelineDAG(); d.add_node('A'); return 1\nx = go()\n",
        "from cursus import PipelineDAG\nd = PipelineDAG(['A'])\nraise SystemExit(1)\n",
        "from cursus import PipelineDAG\nopen('log', 'w').write('x')\nimport os\nos.mkdir('l')\nd = PipelineDAG(['A'])",
    ],
)
def test_other_ways_to_build_one(tmp_path: Path, source: str) -> None:
    assert read(tmp_path, source)["nodes"] == ["A"]


def test_an_undeclared_end_of_an_edge_stays_undeclared(tmp_path: Path) -> None:
    source = "from cursus import PipelineDAG\nd = PipelineDAG()\nd.add_node('A')\nd.add_edge('A', 'Tpyo')\n"
    assert read(tmp_path, source) == {"nodes": ["A"], "edges": [["A", "Tpyo"]]}


def test_several_dags_must_be_named(tmp_path: Path) -> None:
    source = (
        "from cursus import PipelineDAG\none = PipelineDAG(['A'])\ndef make_dag():\n    return PipelineDAG(['B'])\n"
    )
    with pytest.raises(UserError, match="2 different DAGs: one, make_dag") as raised:
        read(tmp_path, source)
    assert raised.value.hint.endswith("shop_pipeline.py:one")
    assert read(tmp_path, source, "make_dag")["nodes"] == ["B"]
    with pytest.raises(UserError, match="no DAG called 'x'"):
        read(tmp_path, source, "x")


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("x = 1\n", "builds no PipelineDAG", None),
        ("def broken(:\n", "SyntaxError", 1),
        ("import json\njson.loads('x')\n", "JSONDecodeError", 2),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "died", None),
    ],
)
def test_errors_say_where(tmp_path: Path, source: str, message: str, line: int | None) -> None:
    with pytest.raises(UserError, match=message) as raised:
        read(tmp_path, source)
    assert raised.value.line == line


def test_an_endless_file_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "slow.py"
    file.write_text("while True: pass\n")
    with pytest.raises(UserError, match="took longer than 1 s"):
        read_python_dag(file, None, PYTHON, timeout=1)


@pytest.mark.parametrize(
    "attempt",
    [
        "import subprocess; subprocess.run(['touch', {mark!r}])",
        "import os; os.system('touch ' + {mark!r})",
        "import os; os.close(os.open({mark!r}, os.O_CREAT | os.O_WRONLY))",
        "import os; os.fork() or open({mark!r}, 'w')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import os; os.remove({victim!r})",
        "import pathlib; pathlib.Path({mark!r}).write_text('x')",
        "import shutil; shutil.rmtree({folder!r})",
    ],
)
def test_reading_changes_nothing(tmp_path: Path, attempt: str) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "victim").write_text("still here")
    act = attempt.format(mark=str(folder / "mark"), victim=str(folder / "victim"), folder=str(folder))
    source = f"from cursus import PipelineDAG\nd = PipelineDAG(['A'])\ntry:\n    {act}\nexcept Exception:\n    pass\n"
    assert read(tmp_path, source)["nodes"] == ["A"]
    assert sorted(each.name for each in folder.iterdir()) == ["victim"]
    assert (folder / "victim").read_text() == "still here"


def test_an_installed_library_keeps_its_own_optional_imports(tmp_path: Path) -> None:
    library = tmp_path / "site-packages"
    library.mkdir()
    (library / "optional_user.py").write_text(
        "try:\n    import surely_absent\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
    )
    source = (
        f"import sys; sys.path.insert(0, {str(library)!r})\nimport optional_user\nfrom cursus import PipelineDAG\n"
        "d = PipelineDAG(['A' if not optional_user.HAS else 'WRONG'])\n"
    )
    assert read(tmp_path, source)["nodes"] == ["A"]
