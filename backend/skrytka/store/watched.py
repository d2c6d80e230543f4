"""A database that counts its outages and logs their beginning and end, whoever met them.

Reads and writes are told apart: on a full disk the one works and the other does not.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal, TypeVar

from skrytka.errors import Unavailable
from skrytka.metrics import STORE_ERRORS
from skrytka.outage import Outage
from skrytka.store.engines.outages import cause_of, words_of
from skrytka.store.interface import Committed, Database, Op

V = TypeVar("V")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class WatchedDatabase:
    """Implements ``Database`` over another."""

    engine: Literal["sqlite", "postgresql"]

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self.name = database.name
        self._database = database
        self._reads = Outage(f"reads of the store {self.name}", _log)
        self._writes = Outage(f"writes to the store {self.name}", _log)

    @property
    def alive(self) -> bool:
        return self._database.alive

    @property
    def committing(self) -> asyncio.Future[Any] | None:
        return self._database.committing

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        try:
            result = await self._database.write(op, values, committed)
        except Unavailable as failure:
            self._count(self._writes, failure)
            raise
        self._writes.worked()
        return result

    async def read(self, op: Op[V, T], values: V) -> T:
        try:
            result = await self._database.read(op, values)
        except Unavailable as failure:
            self._count(self._reads, failure)
            raise
        self._reads.worked()
        return result

    def _count(self, outage: Outage, failure: Unavailable) -> None:
        cause = cause_of(failure)
        STORE_ERRORS.labels(self.name, cause).inc()
        outage.failed(f"{cause}: {words_of(failure)}")
