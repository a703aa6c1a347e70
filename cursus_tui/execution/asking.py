"""Asking a Python process about a file that the front must not read itself: one question, one JSON answer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.records.errors import UserError

WORKER = Path(__file__).resolve().parent.parent / "worker"


def ask_python(question: str, subject: Path, python: Path, *, doing: str, hint: str, timeout: float) -> dict[str, Any]:
    """Run ``python question subject answer`` in a session of its own, and read the answer.

    Args:
        question: Name of the file in the worker room that answers.
        subject: The file that it is about.
        python: The interpreter.
        doing: What is done, for messages: ``reading the pipeline``.
        hint: What to do when it takes too long.
        timeout: Seconds before it is given up.

    Raises:
        UserError: It took too long or died.
    """
    with tempfile.TemporaryDirectory(prefix="cursus-tui-") as scratch:
        answer = Path(scratch) / "answer.json"
        said = Path(scratch) / "said.txt"
        with said.open("wb") as output:
            process = subprocess.Popen(
                [str(python), str(WORKER / question), str(subject), str(answer)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                start_new_session=True,
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                message = f"{doing} took longer than {timeout:.0f} s and was stopped"
                raise UserError(message, file=subject, hint=hint) from None
            finally:
                _kill_group(process)
        try:
            found: Mapping[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            last = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            why = f"exit {process.returncode}" + (f": {last[0][:200]}" if last else "")
            raise UserError(f"{doing}: its process died ({why})", file=subject) from None
    return dict(found)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
