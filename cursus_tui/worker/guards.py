"""What a debugger must not let a script do: install packages, and talk to the network unasked.

The guards go up before any import of user code or of a preloaded library. They report what they refuse; until a step
says where to, reports are kept and handed on.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Set, Tuple

from . import network_guard, pip_guard
from .namespace import enter_private_network

MAX_REPORTS = 100
_SEND: List[Callable[..., Any]] = []
_EARLY: List[Dict[str, str]] = []
_SEEN: Set[Tuple[str, str]] = set()


def install(allow_network: bool = False, isolate: bool = False) -> str:
    """Put the guards up in this process; calling it again does nothing more.

    Args:
        allow_network: Leave the network alone.
        isolate: Also move this process (it must have one thread) into a network namespace of its own, if it may.

    Returns:
        What keeps scripts off the network: ``namespace`` (everything, C libraries and other programs included),
        ``python`` (Python's socket layer only) or ``none`` (it is allowed).
    """
    pip_guard.install(blocked)
    if allow_network:
        return "none"
    private = isolate and enter_private_network()
    network_guard.install(blocked)
    return "namespace" if private else "python"


def blocked(kind: str, detail: str) -> None:
    """Report a refused action, each only once."""
    if (kind, detail) in _SEEN or len(_SEEN) >= MAX_REPORTS:
        return
    _SEEN.add((kind, detail))
    if _SEND:
        _SEND[0]("blocked", kind=kind, detail=detail)
    else:
        _EARLY.append({"kind": kind, "detail": detail})


def report_to(send: Callable[..., Any]) -> None:
    """From now on reports go to this function, those kept so far included."""
    _SEND[:] = [send]
    for report in _EARLY:
        send("blocked", **report)
    _EARLY.clear()
