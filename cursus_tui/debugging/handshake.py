"""The first words with a step's debugger."""

from __future__ import annotations

import asyncio
import hmac
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

import cursus_tui.worker
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.upstream import Upstream
from cursus_tui.records.debug import DebugError

WORKER = str(Path(cursus_tui.worker.__file__).resolve().parent)
CAPABILITIES: Message = {
    "supportsConfigurationDoneRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsLogPoints": True,
    "supportsEvaluateForHovers": True,
    "supportsClipboardContext": True,
    "supportsSetVariable": True,
    "supportsSetExpression": True,
    "supportsGotoTargetsRequest": True,
    "supportsStepInTargetsRequest": True,
    "supportsCompletionsRequest": True,
    "supportsModulesRequest": True,
    "supportsExceptionInfoRequest": True,
    "supportsValueFormattingOptions": True,
    "supportsDelayedStackTraceLoading": True,
    "supportsFunctionBreakpoints": False,
    "supportsExceptionOptions": False,
    "supportTerminateDebuggee": False,
    "supportsRestartRequest": False,
    "supportsTerminateRequest": False,
    "exceptionBreakpointFilters": [
        {
            "filter": "raised",
            "label": "Raised Exceptions",
            "description": "Stop whenever an exception is raised.",
            "default": False,
        },
        {
            "filter": "uncaught",
            "label": "Uncaught Exceptions",
            "description": "Stop where an exception ends a thread of the script, SystemExit included.",
            "default": True,
        },
        {
            "filter": "userUnhandled",
            "label": "User Uncaught Exceptions",
            "description": "Stop when an exception leaves the script for a library.",
            "default": False,
        },
    ],
}
"""What an IDE may ask for, whether a step runs or not: recorded from debugpy, without what ends the program."""
RESUMES = frozenset({"continue", "next", "stepIn", "stepOut", "goto"})
PASSED_ON = RESUMES | {
    "completions",
    "evaluate",
    "exceptionInfo",
    "gotoTargets",
    "modules",
    "pydevdSystemInfo",
    "scopes",
    "setExpression",
    "setVariable",
    "source",
    "stackTrace",
    "stepInTargets",
    "threads",
    "variables",
}
"""Requests that the step's debugger answers; anything else of an IDE's is the hub's own, or unsupported."""


def is_own(writer: asyncio.StreamWriter) -> bool:
    """Whether the process at the other end of a Unix socket is of the same user."""
    if not hasattr(socket, "SO_PEERCRED"):
        # The socket's folder lets nobody else in; and there is the token.
        return True
    connection = writer.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return bool(uid == os.getuid())


async def authorise(upstream: Upstream, expected: Iterable[Followed]) -> Followed:
    """Find out which attempt dialled in: each side shows the token of its order.

    Raises:
        DebugError: It is none of them.
    """
    for followed in expected:
        token = followed.order.token
        try:
            body = await upstream.ask("pydevdAuthorize", {"debugServerAccessToken": token})
        except DebugError:
            if upstream.is_open:
                continue
            raise
        if hmac.compare_digest(str(body.get("clientAccessToken")).encode(), token.encode()):
            return followed
    raise DebugError("a process dialled in that knows no token")


async def introduce(upstream: Upstream, initialized: asyncio.Event, *, just_my_code: bool) -> asyncio.Future[Message]:
    """Greet the debugger; it is ready for breakpoints then. The future is the answer to ``attach``, which comes last.

    Raises:
        DebugError: It refused, or is gone.
    """
    await upstream.ask(
        "initialize",
        {
            "clientID": "cursus-tui",
            "adapterID": "debugpy",
            "pathFormat": "path",
            "linesStartAt1": True,
            "columnsStartAt1": True,
            "supportsVariableType": True,
        },
    )
    attached = upstream.post("attach", attach_options(just_my_code=just_my_code))
    await initialized.wait()
    return attached


def attach_options(*, just_my_code: bool) -> Message:
    """How a step is debugged. The debugger takes them anew with each ``attach``."""
    return {
        "justMyCode": just_my_code,
        "subProcess": False,
        "redirectOutput": False,
        "showReturnValue": True,
        "rules": [{"path": WORKER + "/**", "include": False}],
    }
