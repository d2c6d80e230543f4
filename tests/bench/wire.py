"""The generator's side of a connection: as little work per answer as Python can do, since it shares the processors.

TCP_NODELAY and quick acknowledgements, so that neither side waits for the other's delayed ones.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import Self, cast

from tests.bench.peers.interface import PASSWORD

_KEPT_OCTETS = 4_096
"""Of the end of an answer: the tagged line is in it."""


class Client(asyncio.Protocol):
    """Sends commands and waits for the line that ends each answer. ``octets`` counts the last answer without that line."""

    refusals: tuple[bytes, ...] = ()

    def __init__(self) -> None:
        self._socket: socket.socket
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._tail = b""
        self._size = 0
        self._end = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._told: tuple[bytes, asyncio.Future[bytes]] | None = None
        self.octets = 0

    @classmethod
    async def open(cls, port: int, greeting: bytes, tls: ssl.SSLContext | None = None) -> Self:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port, ssl=tls)
        await client.command(b"", greeting)
        return client

    async def command(self, octets: bytes, end: bytes) -> bytes:
        """Send, and wait for a whole line that starts with ``end``, which is returned."""
        self._end, self._size = end, len(self._tail)
        self._answer = self._loop.create_future()
        if octets:
            self._transport.write(octets)
        self._look()
        return await self._answer

    def told(self, text: bytes) -> asyncio.Future[bytes]:
        """Done when the server says this, by itself or in the next answer: what came last, this included."""
        self._tail = b""
        self._told = (text, self._loop.create_future())
        return self._told[1]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._socket = transport.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._size += len(data)
        self._tail = data if len(data) >= _KEPT_OCTETS else self._tail[-_KEPT_OCTETS:] + data
        if self._told is not None and not self._told[1].done() and self._told[0] in self._tail:
            self._told[1].set_result(self._tail)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed"))

    def close(self) -> None:
        self._transport.close()

    def _look(self) -> None:
        if self._answer is None or self._answer.done() or not self._tail.endswith(b"\r\n"):
            return
        line = self._tail[self._tail.rfind(b"\n", 0, -2) + 1 :]
        if line.startswith(self._end):
            self.octets, self._tail = self._size - len(line), b""
            self._answer.set_result(line)
        elif line.startswith(self.refusals):
            self._answer.set_exception(AssertionError(f"the server answered {line!r}"))


class Imap(Client):
    """All commands have the tag ``a``."""

    refusals = (b"a NO", b"a BAD")


class Pop3(Client):
    refusals = (b"-ERR",)


class Lmtp(Client):
    refusals = (b"4", b"5")


async def imap(port: int, address: str, folder: str = "", tls: ssl.SSLContext | None = None) -> Imap:
    """Logged in, and with the folder selected where one is named."""
    client = await Imap.open(port, b"* OK", tls)
    await client.command(f"a LOGIN {address} {PASSWORD}\r\n".encode(), b"a OK")
    if folder:
        await client.command(f"a SELECT {folder}\r\n".encode(), b"a OK")
    return client


async def pop3(port: int, address: str) -> Pop3:
    client = await Pop3.open(port, b"+OK")
    await client.command(f"USER {address}\r\n".encode(), b"+OK")
    await client.command(f"PASS {PASSWORD}\r\n".encode(), b"+OK")
    return client


async def lmtp(port: int) -> Lmtp:
    client = await Lmtp.open(port, b"220 ")
    await client.command(b"LHLO bench.example.net\r\n", b"250 ")
    return client


async def messages(client: Imap, folder: bytes) -> int:
    """How many a folder has, by STATUS."""
    answer = client.told(b"MESSAGES ")
    await client.command(b"a STATUS %b (MESSAGES)\r\n" % folder, b"a OK")
    return int(re.findall(rb"MESSAGES (\d+)", await answer)[0])
