"""The worker in every Python that scripts may need, as far as this machine has them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from needs import interpreter, missing

from cursus_tui.worker import launch
from cursus_tui.worker.channel import LineReader, encode

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
SCRIPT = """
import os, sys
def main(input_paths, output_paths, environ_vars, job_args, logger=None):
    print(sys.version.split()[0], sorted(input_paths), environ_vars)
    if environ_vars["FAIL"]:
        raise KeyError("amount")
if __name__ == "__main__":
    main({"data": "/opt/ml/processing/input/data"}, {}, {"FAIL": os.environ["FAIL"] == "yes"}, None)
"""


def converse(python: str, requests: list[dict[str, object]]) -> list[dict[str, object]]:
    """Everything that a zygote says until it has nothing more to do."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([python, launch.__file__, "zygote", str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    ours.settimeout(30)
    for request in requests:
        ours.sendall(encode(request))
    ours.shutdown(socket.SHUT_WR)
    reader, heard = LineReader(), []
    while data := ours.recv(1 << 16):
        heard += reader.feed(data)
    assert process.wait(10) in (0, 3)
    return heard


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_runs_in_each_python(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    for number, (isolation, fail) in enumerate([("zygote", "no"), ("zygote", "yes"), ("subprocess", "no")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        job = {
            "op": "run",
            "id": 7,
            "step": "Step",
            "folder": str(folder),
            "script": str(script),
            "isolation": isolation,
            "contract_inputs": {"DATA": "/opt/ml/processing/input/data"},
            "input_paths": {"DATA": str(tmp_path)},
            "environment": {"FAIL": fail},
        }
        converse(str(python), [job])
        outcome = json.loads((folder / "outcome.json").read_text())
        output = (folder / "stdout.log").read_text()
        assert outcome["status"] == ("failed" if fail == "yes" else "passed"), outcome
        assert output.startswith(version + ".")
        assert "['DATA', 'data']" in output
        if fail == "yes":
            assert (outcome["error"]["type"], outcome["error"]["line"]) == ("KeyError", 6)
        else:
            assert outcome["call"]["input_paths"]["data"] == str(tmp_path)


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8"])
def test_a_python_that_is_too_old_says_so(version: str) -> None:
    heard = converse(str(interpreter(version)), [])
    assert heard == [{"event": "unusable", "reason": f"it is Python {version}, and scripts need 3.9 or newer"}]


def test_the_front_that_leaves_at_once_leaves_nothing(tmp_path: Path) -> None:
    heard = converse(sys.executable, [{"op": "preload", "modules": ["colorsys"]}, {"op": "fly"}, {"no": "op"}])
    assert [message["event"] for message in heard] == ["ready", "preloaded"]


def test_this_python_is_one_of_them() -> None:
    if f"{sys.version_info[0]}.{sys.version_info[1]}" not in VERSIONS:
        missing("a Python that scripts may need")
