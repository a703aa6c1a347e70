"""Whose a connection over loopback is: the kernel's tables tell."""

from __future__ import annotations

import socket
import struct

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
Address = tuple[str, int]


def owner_of(peer: Address, own: Address) -> int | None:
    """The user id behind the other end of a connection within this machine; None where it cannot be told.

    Args:
        peer: Its address, as ``getpeername`` gives it.
        own: Ours, as ``getsockname`` gives it.
    """
    for table, form in zip(TABLES, (_ipv4, _mapped), strict=True):
        try:
            with open(table, encoding="ascii", errors="replace") as file:
                rows = file.read().splitlines()[1:]
        except OSError:
            continue
        ends = [form(peer), form(own)]
        for row in rows:
            cells = row.split()
            if cells[1:3] == ends:
                return int(cells[7])
    return None


def _ipv4(address: Address) -> str:
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{number:08X}:{address[1]:04X}"


def _mapped(address: Address) -> str:
    """The same address as a socket of the other family has it: ``::ffff:127.0.0.1``."""
    words = struct.unpack("=4I", b"\0" * 10 + b"\xff\xff" + socket.inet_aton(address[0]))
    return "".join(f"{word:08X}" for word in words) + f":{address[1]:04X}"
