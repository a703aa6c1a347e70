"""An ``ExecutionContext`` as the one JSON message that a worker gets, and as the copy that is kept."""

from __future__ import annotations

from typing import Any

from cursus_tui.execution.ports import DebugOrder, ExecutionContext
from cursus_tui.worker.masking import Masker, masked, masked_arguments


def job_message(context: ExecutionContext, number: int) -> dict[str, Any]:
    """The ``run`` request for an attempt.

    Args:
        context: What to run.
        number: Names the job on the zygote's socket.
    """
    return {
        "op": "run",
        "id": number,
        "step": context.step,
        "folder": str(context.folder.absolute()),
        "script": str(context.script.absolute()),
        "isolation": context.isolation.value,
        "contract_inputs": dict(context.contract_inputs),
        "contract_outputs": dict(context.contract_outputs),
        "input_paths": {name: str(path.absolute()) for name, path in context.input_paths.items()},
        "output_paths": {name: str(path.absolute()) for name, path in context.output_paths.items()},
        "environment": dict(context.environment),
        "argv": list(context.argv),
        "job_type": context.job_type,
        "python_paths": [str(path.absolute()) for path in context.python_paths],
        "project_root": str(context.project_root.absolute()) if context.project_root else None,
        "stubs": list(context.stubs),
        "as_shipped": context.as_shipped,
        "allow_network": context.allow_network,
        "pack_outputs": context.pack_outputs,
        "timeout_seconds": context.timeout_seconds,
        "memory_limit_bytes": context.memory_limit_bytes,
        "debug": _order(context.debug) if context.debug is not None else None,
    }


def _order(order: DebugOrder) -> dict[str, Any]:
    return {
        "socket": str(order.socket),
        "token": order.token,
        "lent": str(order.lent),
        "pycache": str(order.pycache),
        "at_start": order.at_start,
        "entry": order.entry,
        "hold": order.hold,
        "patience": order.patience,
    }


def stored_job(message: dict[str, Any], context: ExecutionContext) -> dict[str, Any]:
    """The request as it is kept in ``job.json``: secrets masked, and no word of how it was debugged."""
    masker = Masker(context.environment.items())
    return {
        **{name: value for name, value in message.items() if name != "debug"},
        "run_id": context.run_id,
        "attempt": context.attempt,
        "python": str(context.python),
        "environment": masked(context.environment),
        "argv": [masker.text(argument) for argument in masked_arguments(context.argv)],
    }
