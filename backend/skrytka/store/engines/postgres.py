"""PostgreSQL through psycopg 3 in pipeline mode.

Why psycopg and not asyncpg: the bare drivers measured on uvloop, PostgreSQL 15 without fsync, 2 cores. A delivery is BEGIN,
one UPDATE ... RETURNING, three INSERTs with 4.4 KB, and COMMIT; a point read is one row by its key. asyncpg cannot pipeline:
a delivery is 6 round trips with it.

==========================  ==================  ==================
                            asyncpg             psycopg, pipelined
==========================  ==================  ==================
delivery, 2 ms to server    13.7 ms, 73/s       7.7 ms, 131/s
the same, 10 connections    612/s               1 034/s
delivery, same host         0.36 ms, 2 820/s    0.35 ms, 2 850/s
the same, 10 connections    5 913/s             4 104/s
point read, same host       69 us, cpu 33 us    63 us, cpu 41 us
the same, 10 connections    58 000/s            33 000/s
==========================  ==================  ==================

A server on the same host is SQLite's field; over a network round trips decide, and a delivery takes three (BEGIN with the
UPDATE, the batch, COMMIT), which a test counts. asyncpg's cheaper point reads do not pay for a second driver. Through this
module a point read takes 110 to 130 us on the same host: its task, its deadline and the pool.

A transaction runs in a task of its own, so that a cancelled caller does not cancel it. Each is bounded by
``statement_timeout_s``, retries included; then its line is cut, also when the server sleeps.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, Literal, TypeVar, cast

import psycopg
from psycopg import errors

from skrytka import metrics
from skrytka.errors import DomainError, Unavailable
from skrytka.store.engines import after_commit
from skrytka.store.engines.postgres_pool import Pool, abort
from skrytka.store.engines.postgres_tx import Connection, PostgresTx, rollback, translate
from skrytka.store.interface import Committed, Op
from skrytka.store.schema import refuse_newer

V = TypeVar("V")
T = TypeVar("T")

_ATTEMPTS = 12
_FIRST_PAUSE_S = 0.004
_LONGEST_PAUSE_S = 0.25
_CONFLICT = (errors.SerializationFailure, errors.DeadlockDetected)
_SHUTDOWN = (errors.AdminShutdown, errors.CrashShutdown)

_log = logging.getLogger(__name__)


class _Unsure(Exception):
    """The line was lost while COMMIT ran: ``result`` is what was written, if it was."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class _Again(Exception):
    """The transaction had no effect for a reason that may be gone at the next try."""


class PostgresDatabase:
    """One schema of a PostgreSQL server. Implements ``Database``."""

    engine: Literal["sqlite", "postgresql"] = "postgresql"

    def __init__(self, name: str, url: str, schema: str, pool_size: int, timeout_s: float) -> None:
        self.name = name
        self._commit_seconds = metrics.COMMIT_SECONDS.labels(name)
        self._new_pool = partial(Pool, name, url, schema, pool_size, timeout_s)
        self._timeout_s = timeout_s
        self._pool: Pool | None = None
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def committing(self) -> None:
        return None

    async def open(self) -> None:
        if self._pool is not None:
            return
        self._pool = self._new_pool()
        try:
            await refuse_newer(self)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what runs, then disconnect."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        if self._running:
            await asyncio.wait(self._running)
        await pool.close()

    @property
    def alive(self) -> bool:
        return True

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        return await self._shielded(self._written(op, values, committed))

    async def read(self, op: Op[V, T], values: V) -> T:
        return await self._shielded(self._until_done(_reading, op, values))

    async def _written(self, op: Op[V, T], values: V, committed: Committed[T] | None) -> T:
        began = time.perf_counter()
        try:
            result = await self._until_done(_transaction, op, values)
        except _Unsure as unsure:
            after_commit.tell(committed, unsure.result)
            raise Unavailable(
                f"The store {self.name} was lost during a commit: it may or may not have been written"
            ) from unsure.__cause__
        self._commit_seconds.observe(time.perf_counter() - began)
        after_commit.tell(committed, result)
        return result

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        if self._pool is None:
            work.close()
            raise Unavailable(f"The store {self.name} is not open")
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_note_failure)
            raise

    async def _until_done(self, attempt: Any, op: Op[V, T], values: V) -> T:
        """Attempts with growing pauses until one has a result, within the time that one operation may take."""
        pool = self._pool
        assert pool is not None
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        failure: BaseException | None = None
        for number in range(_ATTEMPTS):
            try:
                async with pool.connection() as connection:
                    return cast(T, await _bounded(attempt(connection, op, values), connection, deadline))
            except _Again as again:
                failure = again.__cause__
                _log.debug("%s: attempt %d: %s", self.name, number, failure)
                if not isinstance(failure, _CONFLICT):
                    await pool.drop_idle()
            pause_s = random.random() * min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**number)  # noqa: S311 - jitter
            if asyncio.get_running_loop().time() + pause_s >= deadline:
                break
            await asyncio.sleep(pause_s)
        raise Unavailable(f"The store {self.name} did not come to an end with a transaction") from failure


def _note_failure(task: asyncio.Task[Any]) -> None:
    """Of a transaction whose caller is gone: an outage was logged where it was met, all else is a bug."""
    failure = None if task.cancelled() else task.exception()
    if failure is not None and not isinstance(failure, DomainError):
        _log.error("a transaction failed that nobody waits for any more", exc_info=failure)


async def _bounded(work: Coroutine[Any, Any, T], connection: Connection, deadline: float) -> T:
    timer = asyncio.get_running_loop().call_at(deadline, abort, connection)
    try:
        return await work
    finally:
        timer.cancel()


async def _transaction(connection: Connection, op: Op[V, T], values: V) -> T:
    """BEGIN, the operation, COMMIT. ``_Again`` when certainly nothing was written and trying again may help.

    The isolation is said, whatever server, database or role have as their default; it travels with the first statement.
    """
    committing = False
    result: Any = None
    tx: PostgresTx | None = None
    try:
        async with connection.pipeline() as pipeline:
            tx = PostgresTx(connection, pipeline)
            await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
            result = await op(tx, values)
            tx.raise_if_failed()
            committing = True
            # Leaving the pipeline awaits COMMIT's answer; asking for it here would cost one more round trip.
            await connection.execute("COMMIT")
    except Exception as error:
        cause = _cause(error, tx)
        lost = await _after_failure(connection, cause, committing=committing)
        if lost and committing and isinstance(cause, psycopg.Error):
            raise _Unsure(result) from cause
        raise
    return cast(T, result)


async def _reading(connection: Connection, op: Op[V, T], values: V) -> T:
    """The operation with each statement for itself."""
    tx = PostgresTx(connection)
    try:
        return await op(tx, values)
    except Exception as error:
        await _after_failure(connection, _cause(error, tx), committing=False)
        raise


def _cause(error: Exception, tx: PostgresTx | None) -> Exception:
    """The failure of the statement, where there is one: what came after it was made of it."""
    return tx.failure if tx is not None and tx.failure is not None else error


async def _after_failure(connection: Connection, cause: Exception, *, committing: bool) -> bool:
    """Clean up; raise what psycopg's errors mean. True when the line was lost.

    An error of the operation itself is raised by the caller, and so is a line lost during a commit.
    """
    lost = connection.closed or isinstance(cause, _SHUTDOWN)
    if lost:
        await connection.close()
    else:
        await rollback(connection)
    if not isinstance(cause, psycopg.Error) or (lost and committing):
        return lost
    if lost or isinstance(cause, _CONFLICT):
        raise _Again from cause
    if committing:
        raise translate(cause) from cause
    return lost
