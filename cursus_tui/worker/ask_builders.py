"""Asks an installed Cursus for the environment and arguments of every step of a config. Started by path; stdlib only.

Usage: ``python ask_builders.py CONFIG ANSWER``. Cursus' own step builders answer: what they say is exact, not derived.
The network and child processes are refused.

The answer is JSON: ``{"steps": {node: {"environment": {NAME: value}, "arguments": [word]} | {"error": text}},
"error": text | null}``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, Sequence

_REFUSED = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
)


def _refuse(event: str, args: Sequence[Any]) -> None:
    if event in _REFUSED and not (event == "socket.connect" and isinstance(args[1], (str, bytes))):
        raise PermissionError("{} is refused while Cursus is only asked".format(event))


def _said(error: BaseException) -> str:
    return "{}: {}".format(type(error).__name__, error)[:500]


def ask(config: str) -> dict[str, Any]:
    """What the builders say of every step that a config JSON has."""
    try:
        configs = importlib.import_module("cursus.steps.configs.utils").load_configs(config)
        catalog = importlib.import_module("cursus.step_catalog").StepCatalog()
    except Exception as error:
        return {"steps": {}, "error": _said(error)}
    answers = {node: _step(catalog, node, each) for node, each in configs.items()}
    return {"steps": {node: answer for node, answer in answers.items() if answer}, "error": None}


def _step(catalog: Any, node: str, config: Any) -> dict[str, Any]:
    """A step's values; nothing where this Cursus has no builder for it, as for steps that need an internal SDK."""
    try:
        provider = catalog.get_builder_for_config(config, node_name=node)
        if provider is None:
            return {}
        builder = provider(config=config, sagemaker_session=None, role=None)
        environment = builder._get_environment_variables()
        arguments = builder._get_job_arguments()
    except Exception as error:
        return {"error": _said(error)}
    # What is not a plain text is a value that only exists in the cloud, such as a path below the execution's prefix.
    plain = {str(name): value for name, value in environment.items() if isinstance(value, str)}
    return {"environment": plain, "arguments": [str(word) for word in arguments or ()]}


def main() -> None:
    """Ask about the config named on the command line and write the answer."""
    config, answer = os.path.abspath(sys.argv[1]), sys.argv[2]
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path[1:] if entry]
    out = os.open(answer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    sys.addaudithook(_refuse)
    os.write(out, json.dumps(ask(config)).encode("utf-8"))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
