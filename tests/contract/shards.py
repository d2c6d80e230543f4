"""Shards that behave badly: the real database, but for what a test wants of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Any, Literal, TypeVar

from skrytka.errors import Unavailable
from skrytka.store.interface import Committed, Database, Op

V = TypeVar("V")
T = TypeVar("T")


class Wrapped:
    """A database that goes on as the real one does."""

    def __init__(self, real: Database) -> None:
        self.real = real
        self.name = real.name
        self.engine: Literal["sqlite", "postgresql"] = real.engine

    @property
    def alive(self) -> bool:
        return self.real.alive

    @property
    def committing(self) -> asyncio.Future[Any] | None:
        return self.real.committing

    async def open(self) -> None:
        await self.real.open()

    async def close(self) -> None:
        await self.real.close()

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        return await self.real.write(op, values, committed)

    async def read(self, op: Op[V, T], values: V) -> T:
        return await self.real.read(op, values)


class Committing(Wrapped):
    """A thread of this process is at a commit until ``commit`` is done."""

    def __init__(self, real: Database, commit: asyncio.Future[None]) -> None:
        super().__init__(real)
        self.commit = commit

    @property
    def committing(self) -> asyncio.Future[None]:
        return self.commit


class ReadOnly(Wrapped):
    """What a full disk leaves: reads work, writes do not. ``refused`` counts them."""

    refused = 0

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        self.refused += 1
        raise Unavailable("The disk is full")


class Down(ReadOnly):
    """Answers nothing at all."""

    async def read(self, op: Op[V, T], values: V) -> T:
        self.refused += 1
        raise Unavailable("The shard is down")


class ReadsFail(Wrapped):
    """Does not answer the reads that are ``down`` at the moment: a set that the test fills and clears."""

    def __init__(self, real: Database, down: AbstractSet[object]) -> None:
        super().__init__(real)
        self._down = down

    async def read(self, op: Op[V, T], values: V) -> T:
        if op in self._down:
            raise Unavailable("The shard is down")
        return await super().read(op, values)


class Finished(Wrapped):
    """A bug has ended what writes to it."""

    @property
    def alive(self) -> bool:
        return False


class Interrupted(Wrapped):
    """Does something else before each run of one operation."""

    def __init__(self, real: Database, op: Op[Any, Any], meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(real)
        self._op = op
        self._meanwhile = meanwhile

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        if op is self._op:
            await self._meanwhile()
        return await super().write(op, values, committed)

    async def read(self, op: Op[V, T], values: V) -> T:
        if op is self._op:
            await self._meanwhile()
        return await super().read(op, values)
