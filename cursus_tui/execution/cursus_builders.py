"""What an installed Cursus itself says of a config: its step builders, asked in a process of their own, remembered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.execution.asking import ask_python
from cursus_tui.pipeline.private_folder import private_folder
from cursus_tui.pipeline.values import BuilderValues
from cursus_tui.records.errors import UserError
from cursus_tui.storage.workspace import write_private

_TIMEOUT_SECONDS = 60.0


def ask_builders(config: Path, python: Path, cursus: Path) -> tuple[Mapping[str, BuilderValues], str]:
    """Environment and arguments of each step of a config, as Cursus' own builders give them.

    Importing Cursus and SageMaker takes seconds, so the answer is kept for this config, interpreter and Cursus.

    Args:
        config: The config JSON.
        python: The interpreter, which has Cursus.
        cursus: Where its package lies.

    Returns:
        Step -> its values, and why there are none for the rest, if so.
    """
    try:
        kept = private_folder("builders") / f"{_key(config, python, cursus)}.json"
        if kept.is_file():
            answer = json.loads(kept.read_text(encoding="utf-8"))
        else:
            answer = _ask(config, python)
            if answer.get("error"):
                return _values(answer)
            draft = kept.with_suffix(f".{os.getpid()}.part")
            write_private(draft, json.dumps(answer).encode())
            draft.replace(kept)
    except (UserError, OSError, ValueError) as error:
        return {}, str(error)
    return _values(answer)


def _ask(config: Path, python: Path) -> dict[str, Any]:
    return ask_python(
        "ask_builders.py",
        config,
        python,
        doing="asking Cursus' step builders",
        hint="the values are derived from the config instead",
        timeout=_TIMEOUT_SECONDS,
    )


def _key(config: Path, python: Path, cursus: Path) -> str:
    stamps = (str(python), str(cursus), str((cursus / "__init__.py").stat().st_mtime_ns))
    return hashlib.sha256("\0".join(stamps).encode() + b"\0" + config.read_bytes()).hexdigest()[:24]


def _values(answer: Mapping[str, Any]) -> tuple[Mapping[str, BuilderValues], str]:
    found: dict[str, BuilderValues] = {}
    problems = [str(answer["error"])] if answer.get("error") else []
    for node, said in answer["steps"].items():
        if "error" in said:
            problems.append(f"{node}: {said['error']}")
        else:
            found[node] = BuilderValues(dict(said["environment"]), tuple(said["arguments"]))
    return found, "; ".join(problems)
