"""Refusing the network in Python's socket layer: loopback and AF_UNIX pass, the rest raises at once.

It covers whatever goes through the ``socket`` module: asyncio, http.client, urllib, requests, UDP, names and addresses.
It does not cover C libraries with sockets of their own, other programs, and Python processes that were started so that
they skip ``sitecustomize`` (``python -I``, ``-E``, ``-S``). The private network namespace does, where it can be had;
which of the two is in force is reported with every attempt.
"""

from __future__ import annotations

import errno
from types import ModuleType
from typing import Any, Callable, Optional

from .import_hooks import after_import
from .put_guard import put_guard

Report = Callable[[str, str], None]
_MAPPED = bytes(10) + b"\xff\xff"
"""An IPv6 address that stands for an IPv4 one begins with this."""
_THIS_MACHINE = (bytes(4), bytes(16), bytes(15) + b"\x01")
"""0.0.0.0, ::, ::1."""


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
    name = _text(host).strip("[]").partition("%")[0].lower()
    if name in ("", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"):
        return True
    packed = _packed(name) or b""
    if packed.startswith(_MAPPED):
        packed = packed[len(_MAPPED) :]
    return packed in _THIS_MACHINE or (len(packed) == 4 and packed[0] == 127)


def _text(host: object) -> str:
    """A host as the interpreter's own text, whatever a subclass of the script's makes of itself."""
    if isinstance(host, str):
        return str.__str__(host)
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("utf-8", "surrogateescape")
    return repr(host)


def _packed(host: str) -> Optional[bytes]:
    """The bytes of a numeric address, for which no name server is asked; None for a name."""
    import _socket

    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            return _socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
    return None


class _SocketGuard:
    """What goes around the functions of ``socket`` that reach other machines; each method takes an original."""

    def __init__(self, socket: ModuleType, report: Report) -> None:
        self._socket = socket
        self._report = report

    def _refuse(self, target: str) -> NetworkRefusedError:
        self._report("network", target)
        return NetworkRefusedError(target)

    def _unresolved(self, host: str, what: str) -> OSError:
        self._report("network", "%s (%s)" % (host, what))
        error: OSError = self._socket.gaierror(self._socket.EAI_FAIL, NetworkRefusedError(host).strerror)
        return error

    def _check(self, sock: Any, address: Any) -> None:
        over_ip = sock.family in (self._socket.AF_INET, self._socket.AF_INET6)
        if not over_ip or not isinstance(address, tuple) or not address:
            return
        host, *rest = tuple.__iter__(address)
        if not is_local(host):
            raise self._refuse("%s:%s" % (_text(host), rest[0] if rest else "?"))

    def connecting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def method(sock: Any, address: Any) -> Any:
            self._check(sock, address)
            return original(sock, address)

        return method

    def connecting_quietly(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def method(sock: Any, address: Any) -> Any:
            try:
                self._check(sock, address)
            except NetworkRefusedError:
                return errno.ECONNREFUSED
            return original(sock, address)

        return method

    def sending_to(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def method(sock: Any, data: Any, *rest: Any) -> Any:
            self._check(sock, rest[-1] if rest else None)
            return original(sock, data, *rest)

        return method

    def sending_message(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def method(sock: Any, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None) -> Any:
            self._check(sock, address)
            return original(sock, buffers, ancdata, flags, *(() if address is None else (address,)))

        return method

    def resolving(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def function(host: Any, *rest: Any, **options: Any) -> Any:
            name = "" if host is None else _text(host)
            if is_local(name) or _packed(name.partition("%")[0]) or name == self._socket.gethostname():
                return original(host, *rest, **options)
            raise self._unresolved(name, "its address")

        return function

    def naming(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def function(host: Any) -> Any:
            if is_local(host) or _text(host) == self._socket.gethostname():
                return original(host)
            raise self._unresolved(_text(host), "its name")

        return function

    def naming_service(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def function(address: Any, flags: Any) -> Any:
            host = next(tuple.__iter__(address), None) if isinstance(address, tuple) else None
            if is_local(host) or (isinstance(flags, int) and flags & self._socket.NI_NUMERICHOST):
                return original(address, flags)
            raise self._unresolved(_text(host), "its name")

        return function


def _guard_sockets(socket: ModuleType, report: Report) -> None:
    guard = _SocketGuard(socket, report)
    for name, wrap in (
        ("connect", guard.connecting),
        ("connect_ex", guard.connecting_quietly),
        ("sendto", guard.sending_to),
        ("sendmsg", guard.sending_message),
    ):
        put_guard(socket.__dict__["socket"], name, wrap)
    for name, wrap in (
        ("getaddrinfo", guard.resolving),
        ("gethostbyname", guard.resolving),
        ("gethostbyname_ex", guard.resolving),
        ("gethostbyaddr", guard.naming),
        ("getnameinfo", guard.naming_service),
    ):
        put_guard(socket, name, wrap)


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

    put_guard(httpsession.__dict__["URLLib3Session"], "send", wrap)
