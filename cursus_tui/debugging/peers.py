"""Whose a connection over loopback is: the kernel's tables tell, or what is open in our own processes."""

from __future__ import annotations

import os
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
    tables = [(table, form) for table, form in zip(TABLES, (_ipv4, _mapped), strict=True) if os.path.exists(table)]
    if not tables:
        return _owner_among_own(peer, own)
    for table, form in tables:
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


def _owner_among_own(peer: Address, own: Address) -> int | None:
    """The same where the kernel has no such tables (macOS): found in a process of ours, or not to be told."""
    import psutil  # Only where it is needed.

    user = os.getuid()
    for process in psutil.process_iter():
        try:
            if process.uids().effective != user:
                continue
            ends = [(_plain(one.laddr), _plain(one.raddr)) for one in process.net_connections("tcp")]
        except (psutil.Error, OSError):
            continue
        if (tuple(peer), tuple(own)) in ends:
            return user
    return None


def _plain(address: tuple[()] | Address) -> tuple[()] | Address:
    """An address without the mark of the other family's sockets."""
    return (address[0].removeprefix("::ffff:"), address[1]) if address else ()


def _ipv4(address: Address) -> str:
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{number:08X}:{address[1]:04X}"


def _mapped(address: Address) -> str:
    """The same address as a socket of the other family has it: ``::ffff:127.0.0.1``."""
    words = struct.unpack("=4I", b"\0" * 10 + b"\xff\xff" + socket.inet_aton(address[0]))
    return "".join(f"{word:08X}" for word in words) + f":{address[1]:04X}"
