"""A connection of a player: lines, octets, and one exception for every way in which it may end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

PATIENCE_S = 60.0
"""A service that does not answer for so long has hung."""

_LINE_OCTETS = 1 << 20


class Lost(Exception):
    """The service is gone, or this connection of it."""


class Wire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, octets: bytes) -> None:
        """Never waits: a player has at most one mail on its way."""
        self._writer.write(octets)

    async def line(self) -> bytes:
        """The next line without its line end."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return (await self._reader.readuntil(b"\n")).removesuffix(b"\n").removesuffix(b"\r")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Lost from error

    async def octets(self, count: int) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._reader.readexactly(count)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Lost from error

    async def multiline(self) -> bytes:
        """Up to a lone dot, with the doubled dots single again (RFC 1939 section 3)."""
        lines = []
        while (line := await self.line()) != b".":
            lines.append(line.removeprefix(b"."))
        return b"".join(line + b"\r\n" for line in lines)


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    """``Lost`` when nobody listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LINE_OCTETS)
    except ConnectionError as error:
        raise Lost from error
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
