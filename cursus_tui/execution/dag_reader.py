"""Reading the DAG that a Python file builds: in a process of its own, never in the front."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cursus_tui.execution.asking import ask_python
from cursus_tui.pipeline.private_folder import private_folder
from cursus_tui.records.errors import UserError
from cursus_tui.storage.workspace import write_private

_TIMEOUT_SECONDS = 60.0


def read_python_dag(file: Path, name: str | None, python: Path, *, timeout: float = _TIMEOUT_SECONDS) -> Path:
    """Run a Python file under the chosen interpreter, and keep the DAG that it builds as JSON.

    Args:
        file: The Python file.
        name: Which of its DAGs, by the name of its variable or function; None where there is only one.
        python: The interpreter.
        timeout: Seconds before the file is given up.

    Returns:
        A ``*.dag.json`` in the user's state folder; always the same one for the same file and DAG.

    Raises:
        UserError: The file fails, builds no DAG, builds several and none was named, or takes too long.
    """
    hint = "move what it does at import into functions, or give a *.dag.json"
    answer = ask_python("read_dag.py", file, python, doing="reading the pipeline", hint=hint, timeout=timeout)
    dag = _choose(file, name, answer)
    key = hashlib.sha256(os.path.abspath(file).encode()).hexdigest()[:12]
    copy = private_folder("dags", f"{file.stem}-{key}") / f"{quote(str(dag['name']), safe='')}.dag.json"
    document = {"metadata": {"name": file.stem}, "dag": {"nodes": dag["nodes"], "edges": dag["edges"]}}
    draft = copy.with_suffix(f".{os.getpid()}.part")
    write_private(draft, json.dumps(document, indent=2).encode())
    draft.replace(copy)
    return copy


def _choose(file: Path, name: str | None, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    dags: list[Mapping[str, Any]] = answer["dags"]
    error = answer.get("error") or {}
    names = [dag["name"] for dag in dags]
    if not dags:
        if error:
            raise UserError(
                f"the file fails before it builds a DAG: {error['message']}", file=file, line=error.get("line")
            )
        raise UserError(
            "the file builds no PipelineDAG",
            file=file,
            expected="a variable, or a function that needs no arguments and returns a PipelineDAG",
            hint="give the file that makes it, or a *.dag.json",
        )
    if name is not None:
        if name not in names:
            raise UserError(f"the file builds no DAG called {name!r}", file=file, expected="one of " + ", ".join(names))
        return dags[names.index(name)]
    if len(dags) > 1:
        raise UserError(
            f"the file builds {len(dags)} different DAGs: {', '.join(names)}",
            file=file,
            hint=f"name one, such as {file}:{names[0]}",
        )
    return dags[0]
