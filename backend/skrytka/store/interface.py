"""What an engine must offer: transactions over one database, the directory or one shard.

A transaction is ``async def op(tx, values)``. It awaits nothing but ``tx``, takes and returns values, touches no session
state and may be run again: PostgreSQL retries it after a serialisation failure or deadlock. SQL is written once in the
dialect that both engines accept, with ``?`` placeholders; the PostgreSQL engine rewrites them to its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar

V = TypeVar("V")
T = TypeVar("T")

Value = int | str | bytes | float | None
Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Value]]
"""SQL with ``?`` placeholders and its values."""


class Tx(Protocol):
    """One running transaction (or read)."""

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a SELECT or of a statement with RETURNING."""

    async def row(self, sql: str, *values: Value) -> Row | None:
        """The first row, or None."""

    async def execute(self, sql: str, *values: Value) -> int:
        """Run a statement and return the number of rows it touched."""

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Send together what needs no answer in between; the rows of each statement in order (empty without RETURNING)."""


Op = Callable[[Tx, V], Awaitable[T]]
Committed = Callable[[T], None]
"""What to do after the commit: short, synchronous, raises nothing."""


class Database(Protocol):
    """One database. Foreign exceptions never leave it: integrity errors become ``Duplicate``, outages ``errors.Unavailable``."""

    engine: Literal["sqlite", "postgresql"]
    name: str

    @property
    def alive(self) -> bool:
        """False when a bug has ended what writes here: this process can write no more until it starts again."""

    @property
    def committing(self) -> asyncio.Future[Any] | None:
        """Not done while a thread of this process commits, which waits for the interpreter as long as the loop works. Always
        None on PostgreSQL, which commits without us."""

    async def open(self) -> None:
        """Connect. Does not migrate; a schema of another release range is an error that names both versions."""

    async def close(self) -> None: ...

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        """Run ``op`` in a transaction and return after the durable commit. A cancelled caller does not cancel the operation.

        ``committed`` is called with the result right after the commit, on the event loop, whatever became of the caller. It
        is called as well when the answer to a commit is lost, although the caller gets ``Unavailable``: a change that is
        there and of which nobody hears is worse than a look for one that is not.
        """

    async def read(self, op: Op[V, T], values: V) -> T:
        """Run ``op`` against one consistent snapshot where it reads with one statement. On SQLite it does not
        suspend unless another process is rebuilding the log; the operation is then run again.

        A statement that writes is refused with ``StatementRefused``.
        """


class Duplicate(Exception):
    """A UNIQUE or PRIMARY KEY constraint refused the write. Services turn it into a domain error.

    It ends the transaction, on both engines: whoever catches it does so outside ``write``. An operation that goes on after
    a failed statement is refused with ``StatementRefused``.
    """


class StatementRefused(Exception):
    """A statement that can never work: bad SQL, a CHECK or NOT NULL constraint. A bug in an operation, never an outage."""


class Unsuitable(Exception):
    """The store cannot be used as it is set up: a schema of another release, a network file system, a wrong URL.

    It stops the start; the text is one line for the person who starts the service.
    """
