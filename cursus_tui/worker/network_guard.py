"""Refusing the network in Python's socket layer: loopback and AF_UNIX pass, the rest raises at once."""

from __future__ import annotations

import errno
import functools
import os
from types import ModuleType
from typing import Any, Callable

from .import_hooks import after_import

Report = Callable[[str, str], None]
_MARK = "_cursus_tui_guarded"


class NetworkRefusedError(ConnectionRefusedError):
    """The network is off for this run. A ``ConnectionRefusedError``, so that clients do what they do offline."""

    def __init__(self, target: str) -> None:
        message = "cursus-tui keeps this step off the network (%s); allow it with --allow-network" % target
        super().__init__(errno.ECONNREFUSED, message)


def install(report: Report) -> None:
    """Guard this process, whatever is imported already or later."""
    after_import("socket", lambda module: _guard_sockets(module, report))
    after_import("botocore.httpsession", lambda module: _guard_botocore(module, report))


def is_local(host: object) -> bool:
    """Whether a host is this machine's loopback (or no host at all, which is)."""
    if host is None:
        return True
    name = os.fsdecode(host) if isinstance(host, (str, bytes)) else str(host)
    name = name.strip("[]").partition("%")[0].lower()
    if name in ("", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "0.0.0.0", "::", "::1"):
        return True
    if name.startswith("::ffff:"):
        name = name[len("::ffff:") :]
    return _is_address(name) and name.startswith("127.")


def _is_address(host: str) -> bool:
    """Whether it is a numeric address, for which nobody is asked."""
    import _socket

    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


def _guard_sockets(socket: ModuleType, report: Report) -> None:
    def refuse(target: str) -> NetworkRefusedError:
        report("network", target)
        return NetworkRefusedError(target)

    def check(sock: Any, address: Any) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple) or not address:
            return
        if not is_local(address[0]):
            raise refuse("%s:%s" % (address[0], address[1] if len(address) > 1 else "?"))

    def connecting(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, address: Any) -> Any:
            check(self, address)
            return original(self, address)

        return method

    def connecting_quietly(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, address: Any) -> Any:
            try:
                check(self, address)
            except NetworkRefusedError:
                return errno.ECONNREFUSED
            return original(self, address)

        return method

    def sending_to(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, data: Any, *rest: Any) -> Any:
            check(self, rest[-1] if rest else None)
            return original(self, data, *rest)

        return method

    def sending_message(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None) -> Any:
            check(self, address)
            return original(self, buffers, ancdata, flags, *(() if address is None else (address,)))

        return method

    def resolving(original: Callable[..., Any]) -> Callable[..., Any]:
        def function(host: Any, *rest: Any, **options: Any) -> Any:
            name = os.fsdecode(host) if isinstance(host, (str, bytes)) else None
            if name is None or is_local(name) or _is_address(name) or name == socket.gethostname():
                return original(host, *rest, **options)
            report("network", "%s (its address)" % name)
            raise socket.gaierror(socket.EAI_FAIL, NetworkRefusedError(name).strerror)

        return function

    for name, wrap in (
        ("connect", connecting),
        ("connect_ex", connecting_quietly),
        ("sendto", sending_to),
        ("sendmsg", sending_message),
    ):
        _replace(socket.__dict__["socket"], name, wrap)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        _replace(socket, name, resolving)


def _guard_botocore(httpsession: ModuleType, report: Report) -> None:
    """Refuse AWS calls above botocore's own retries, which would take seconds to give up."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def send(self: Any, request: Any) -> Any:
            host = str(request.url).partition("://")[2].partition("/")[0].rpartition("@")[2]
            if is_local(host.rpartition(":")[0] if ":" in host else host):
                return original(self, request)
            report("network", host)
            raise NetworkRefusedError(host)

        return send

    _replace(httpsession.__dict__["URLLib3Session"], "send", wrap)


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    original = getattr(owner, name, None)
    if original is not None and not hasattr(original, _MARK):
        guarded = functools.wraps(original)(wrap(original))
        setattr(guarded, _MARK, True)
        setattr(owner, name, guarded)
