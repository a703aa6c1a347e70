"""A network namespace of our own, where it can be had without privileges: it holds for C libraries and other programs.

It is tried in a throw-away fork first, with a check of everything that it must not break; only then is it entered.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

from .kernel import LIBC

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_CAPABILITY_VERSION_3 = 0x20080522


def enter_private_network() -> bool:
    """Move this process, which must have one thread, into a network that holds only its own loopback.

    Returns:
        Whether it was done; where not, nothing has changed.
    """
    if LIBC is None:
        return False
    # In a user namespace root would lose its say over other users' files: a script could miss what it can read now.
    for with_user_namespace in (False,) if os.getuid() == 0 else (False, True):
        if _works_in_a_fork(with_user_namespace):
            return _enter(with_user_namespace)
    return False


def _works_in_a_fork(with_user_namespace: bool) -> bool:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if _enter(with_user_namespace) and _nothing_is_broken() else 1
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _enter(with_user_namespace: bool) -> bool:
    assert LIBC is not None
    uid, gid = os.getuid(), os.getgid()
    if os.geteuid() != uid or os.getegid() != gid:
        return False
    flags = _CLONE_NEWNET | (_CLONE_NEWUSER if with_user_namespace else 0)
    if LIBC.unshare(flags) != 0:
        return False
    try:
        if with_user_namespace:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", "%d %d 1" % (uid, uid))
            _write("/proc/self/gid_map", "%d %d 1" % (gid, gid))
        _bring_loopback_up()
    except OSError:
        return False
    return _drop_capabilities() if with_user_namespace else True


def _nothing_is_broken() -> bool:
    """Files keep their owner and stay writable, processes start, loopback works, the outside is out of reach."""
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, "file")
        _write(path, "x", os.O_CREAT)
        if os.stat(path).st_uid != os.getuid() or os.stat(sys.executable).st_size == 0:
            return False
        if subprocess.run([sys.executable, "-S", "-c", ""], stdin=subprocess.DEVNULL).returncode != 0:
            return False
    finally:
        subprocess.run(["rm", "-rf", folder])
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.settimeout(1)
        client.connect(server.getsockname())
    return True


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(sock, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def _drop_capabilities() -> bool:
    """A new user namespace comes with all capabilities over our own files: scripts must not meet less than usual."""
    import ctypes

    assert LIBC is not None
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    return bool(LIBC.capset(header, nothing) == 0)


def _write(path: str, text: str, flags: int = 0) -> None:
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
