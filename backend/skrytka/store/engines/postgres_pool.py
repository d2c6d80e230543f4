"""A bounded pool of PostgreSQL connections, opened when first needed.

The connection used last is taken first, so a quiet process needs few. When one turns out to be dead, all that are idle go
with it: the server restarted, and an operation that is tried again must not meet the next dead one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from psycopg.conninfo import make_conninfo

from skrytka.errors import Unavailable
from skrytka.store.engines.outages import unavailable
from skrytka.store.engines.postgres_tx import Connection
from skrytka.store.engines.postgres_types import adapters

_PREPARED_STATEMENTS = 500


class Pool:
    """Connections to one schema of one server."""

    def __init__(self, name: str, url: str, schema: str, size: int, timeout_s: float) -> None:
        self._name = name
        self._size = asyncio.Semaphore(size)
        self._timeout_s = timeout_s
        self._idle: list[Connection] = []
        self._closed = False
        self._adapters = adapters()
        timeout_ms = int(timeout_s * 1000)
        # A transaction says READ WRITE in its BEGIN; any other statement only reads.
        # A client that hangs inside a transaction must not keep its locks for ever.
        options = (
            f"-c search_path={schema} -c statement_timeout={timeout_ms} -c timezone=UTC "
            "-c default_transaction_read_only=on "
            f"-c idle_in_transaction_session_timeout={2 * timeout_ms}"
        )
        self._conninfo = make_conninfo(
            url, options=options, application_name="skrytka", tcp_user_timeout=timeout_ms, keepalives_idle=30
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction. ``Unavailable`` when none is free, or none can be made, in time."""
        async with self._slot():
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                yield connection
            finally:
                await self._put_back(connection)

    async def drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await _discard(connection)

    async def close(self) -> None:
        self._closed = True
        await self.drop_idle()

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._size.acquire()
        except TimeoutError as error:
            raise Unavailable(f"The store {self._name} is busy: no connection became free") from error
        try:
            yield
        finally:
            self._size.release()

    async def _put_back(self, connection: Connection) -> None:
        idle = psycopg.pq.TransactionStatus.IDLE
        if self._closed or connection.closed or connection.info.transaction_status != idle:
            await _discard(connection)
        else:
            self._idle.append(connection)

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self._timeout_s):
                connection = await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, prepare_threshold=0, context=_Context(self._adapters)
                )
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise unavailable(f"The store {self._name} does not answer", error) from error
        connection.prepared_max = _PREPARED_STATEMENTS
        return connection


class _Context:
    """What psycopg takes adapters from."""

    connection = None

    def __init__(self, of: psycopg.adapt.AdaptersMap) -> None:
        self.adapters = of


def abort(connection: Connection) -> None:
    """Cut the line under a query that takes too long: it then ends with an error, also when the server sleeps."""
    if connection.closed:
        return
    # A duplicate, because closing the socket object must not close psycopg's descriptor.
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


async def _discard(connection: Connection) -> None:
    with suppress(psycopg.Error):
        await connection.close()
