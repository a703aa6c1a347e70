"""Reading the DAG that a Python file builds: in a process of its own, never in the front."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cursus_tui.pipeline.private_folder import private_folder
from cursus_tui.records.errors import UserError

_READER = Path(__file__).resolve().parent.parent / "worker" / "read_dag.py"
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
    answer = _run_reader(file, python, timeout)
    dag = _choose(file, name, answer)
    key = hashlib.sha256(os.path.abspath(file).encode()).hexdigest()[:12]
    copy = private_folder("dags", f"{file.stem}-{key}") / f"{quote(str(dag['name']), safe='')}.dag.json"
    document = {"metadata": {"name": file.stem}, "dag": {"nodes": dag["nodes"], "edges": dag["edges"]}}
    draft = copy.with_suffix(f".{os.getpid()}.part")
    draft.write_text(json.dumps(document, indent=2), encoding="utf-8")
    draft.replace(copy)
    return copy


def _run_reader(file: Path, python: Path, timeout: float) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="cursus-tui-") as scratch:
        answer = Path(scratch) / "answer.json"
        said = Path(scratch) / "said.txt"
        with said.open("wb") as output:
            process = subprocess.Popen(
                [str(python), str(_READER), str(file), str(answer)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                start_new_session=True,
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise UserError(
                    f"reading the pipeline took longer than {timeout:.0f} s and was stopped",
                    file=file,
                    hint="move what it does at import into functions, or give a *.dag.json",
                ) from None
            finally:
                _kill_group(process)
        try:
            found: Mapping[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            last = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            why = f"exit {process.returncode}" + (f": {last[0][:200]}" if last else "")
            raise UserError(f"the process that read the pipeline died ({why})", file=file) from None
    return found


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
