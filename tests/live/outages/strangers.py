"""Very many plain connections from one process, each from an address of a small set, none of them polite."""

from __future__ import annotations

import contextlib
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from typing import cast

CLIENTS_PER_ADDRESS = 100
"""As many as the default limits take."""


@contextlib.contextmanager
def many_files(count: int) -> Iterator[None]:
    """This process may have so many sockets meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= count, "the hard limit of open files is too low: ulimit -Hn"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def connected(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections, begun at once."""
    with many_files(count + 500), contextlib.ExitStack() as opened:
        yield [opened.enter_context(_connecting(port, number)) for number in range(count)]


def _connecting(port: int, number: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.1.{1 + number // CLIENTS_PER_ADDRESS}", 0))
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        client.connect(("127.0.0.1", port))
    return client


def first_words(clients: list[socket.socket], timeout_s: float) -> list[bytes]:
    """What the server said first to each; ``b""`` where it closed without a word. A reset fails the test."""
    said: dict[socket.socket, bytes] = {}
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while len(said) < len(clients):
            assert time.monotonic() < deadline, f"{len(clients) - len(said)} clients wait in vain"
            for key, _ in selector.select(1):
                client = cast(socket.socket, key.fileobj)
                said[client] = client.recv(4_096)
                selector.unregister(client)
    return [said[client] for client in clients]
