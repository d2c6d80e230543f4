"""The listening sockets, which the supervisor owns: one per worker and address, kept across the workers' restarts.

``SO_REUSEPORT`` gives every worker a queue of its own. It would also let a second service of the same user take half of the
connections, so an exclusive socket is bound first: it fails when anybody listens on that port.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import msgspec

from skrytka.connections.accept_loop import BACKLOG
from skrytka.serve.settings_rules import listen_settings, parse_listen
from skrytka.settings import Settings, SettingsError

_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""``localhost`` may name an IPv6 address on a machine without IPv6: it is enough that one of its addresses works."""


class Listening(msgspec.Struct, frozen=True):
    """One address that is listened on, with a socket for each worker."""

    key: str
    address: str
    sockets: tuple[socket.socket, ...]

    def close(self) -> None:
        for each in self.sockets:
            each.close()


def listen_on_all(settings: Settings, workers: int) -> list[Listening]:
    """Listen on every address of the settings, or on none: ``SettingsError`` names the one that fails."""
    opened: list[Listening] = []
    try:
        for key, text in listen_settings(settings):
            opened += _listen(key, text, workers)
    except BaseException:
        for listening in opened:
            listening.close()
        raise
    return opened


def _listen(key: str, text: str, workers: int) -> Iterator[Listening]:
    host, port = parse_listen(key, text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingsError(f"{key}: {host} is no address of this machine: {error.strerror}") from None
    failure: OSError | None = None
    working = 0
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            yield _listen_on(key, family, address, workers)
            working += 1
        except OSError as error:
            if error.errno not in _ABSENT:
                raise SettingsError(f"{key}: {_reason(text, error)}") from None
            failure = error
    if not working and failure is not None:
        raise SettingsError(f"{key}: {_reason(text, failure)}")


def _listen_on(key: str, family: int, address: tuple[object, ...], workers: int) -> Listening:
    with _bound(family, address, shared=False) as exclusive:
        exclusive.listen(1)
        chosen = exclusive.getsockname()
    sockets = tuple(_bound(family, chosen, shared=True) for _ in range(workers))
    for each in sockets:
        each.listen(BACKLOG)
    host, port = chosen[:2]
    return Listening(key, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", sockets)


def _bound(family: int, address: tuple[object, ...], *, shared: bool) -> socket.socket:
    """Options set here hold for accepted connections too, which saves their system calls."""
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


def _reason(text: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{text} is taken, another process listens there"
        case errno.EACCES:
            return f"{text} may not be listened on by this user"
        case errno.EADDRNOTAVAIL:
            return f"{text} is no address of this machine"
    return f"{text} cannot be listened on: {error.strerror}"
