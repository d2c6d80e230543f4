"""A transaction, or a read, on a PostgreSQL connection: every statement is prepared, pipelined where no answer is needed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import AsyncPipeline, AsyncRawCursor, errors

from skrytka.store.engines.outages import unavailable
from skrytka.store.engines.placeholders import numbered
from skrytka.store.interface import Duplicate, Row, Statement, StatementRefused, Value

Connection = psycopg.AsyncConnection[Row]

_OUTAGE = (psycopg.OperationalError, psycopg.InterfaceError, errors.QueryCanceled)


def translate(error: psycopg.Error) -> Exception:
    """Ours for psycopg's."""
    if isinstance(error, errors.UniqueViolation):
        return Duplicate(str(error))
    if isinstance(error, _OUTAGE):
        return unavailable("The store does not answer", error)
    return StatementRefused(str(error))


class PostgresTx:
    """Implements ``Tx``, in a transaction on a connection in pipeline mode, in a read without: its end costs a round trip.

    Remembers the first failure, because what follows it is only noise.
    """

    __slots__ = ("_connection", "_pipeline", "failure")

    def __init__(self, connection: Connection, pipeline: AsyncPipeline | None = None) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self.failure: psycopg.Error | None = None

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        self.raise_if_failed()
        try:
            cursor = await self._send(sql, values)
            if self._pipeline is not None:
                await self._pipeline.sync()
            return await _rows_of(cursor)
        except psycopg.Error as error:
            raise self._failed(error) from error

    async def row(self, sql: str, *values: Value) -> Row | None:
        rows = await self.rows(sql, *values)
        return rows[0] if rows else None

    async def execute(self, sql: str, *values: Value) -> int:
        self.raise_if_failed()
        try:
            cursor = await self._send(sql, values)
            if self._pipeline is not None:
                await self._pipeline.sync()
        except psycopg.Error as error:
            raise self._failed(error) from error
        return cursor.rowcount

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        self.raise_if_failed()
        try:
            if self._pipeline is None:
                async with self._connection.pipeline():
                    cursors = [await self._send(sql, values) for sql, values in statements]
            else:
                cursors = [await self._send(sql, values) for sql, values in statements]
                await self._pipeline.sync()
            return [await _rows_of(cursor) for cursor in cursors]
        except psycopg.Error as error:
            raise self._failed(error) from error

    def raise_if_failed(self) -> None:
        if self.failure is not None:
            raise StatementRefused("an operation went on after a statement that failed") from self.failure

    async def _send(self, sql: str, values: Sequence[Value]) -> AsyncRawCursor[Row]:
        cursor = AsyncRawCursor(self._connection)
        await cursor.execute(numbered(sql), values, prepare=True, binary=True)
        return cursor

    def _failed(self, error: psycopg.Error) -> Exception:
        self.failure = error
        return translate(error)


async def _rows_of(cursor: AsyncRawCursor[Row]) -> list[Row]:
    return await cursor.fetchall() if cursor.description is not None else []


async def rollback(connection: Connection) -> None:
    """Leave the connection without a transaction; one that cannot is closed."""
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        return
    try:
        await connection.execute("ROLLBACK")
    except psycopg.Error:
        with suppress(psycopg.Error):
            await connection.close()
