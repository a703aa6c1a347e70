"""The guards in a Python process that a step started."""

from __future__ import annotations

import os
import sys
import time

from . import guards
from .channel import append_line, encode
from .environment import NETWORK, REPORTS
from .pip_guard import install_request


def put_guards_up() -> None:
    """Guard this process, and end it at once where it is itself an installer."""
    reports = os.environ[REPORTS]

    def send(event: str, **fields: object) -> None:
        append_line(reports, encode(dict(fields, event=event, time=time.time())))

    guards.report_to(send)
    request = install_request(_own_command_line())
    if request is not None:
        guards.blocked("pip", request)
        sys.stdout.write("[cursus-tui] packages are not installed: %s\n" % request)
        sys.stdout.flush()
        os._exit(0)
    guards.install(allow_network=os.environ.get(NETWORK) == "allowed")


def _own_command_line() -> "list[str]":
    # sys.argv is not complete yet while site runs, and sys.orig_argv is new in 3.10.
    try:
        with open("/proc/self/cmdline", "rb") as file:
            words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return []
    # A script with a #! line: the interpreter comes first, then the script itself.
    return words[1:] if len(words) > 1 and os.path.basename(words[1]).startswith("pip") else words
