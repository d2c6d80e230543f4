"""A transaction, or a read, on a SQLite connection: statements run inline, rows are fetched whole.

A transaction lets the event loop have its turn between statements, when a slice of work is over; a read never does.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from skrytka.store.engines.inline import Pause
from skrytka.store.engines.outages import unavailable
from skrytka.store.interface import Duplicate, Row, Statement, StatementRefused, Value

_DUPLICATE = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_UNIQUE,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
    }
)
_OUTAGE = (
    apsw.FullError,
    apsw.IOError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CantOpenError,
    apsw.NoMemError,
    apsw.ReadOnlyError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.InterruptError,
    apsw.ConnectionClosedError,
)


def translate(error: apsw.Error) -> Exception:
    """Ours for apsw's."""
    if isinstance(error, apsw.ConstraintError) and getattr(error, "extendedresult", None) in _DUPLICATE:
        return Duplicate(str(error))
    if isinstance(error, _OUTAGE):
        return unavailable("The store does not answer", error)
    return StatementRefused(str(error))


class SqliteTx:
    """Implements ``Tx``. After a failed statement it refuses all others, as PostgreSQL does.

    The cursor is the caller's and may serve one after the other: to make one takes as long as a small statement.
    """

    __slots__ = ("_cursor", "_failed", "_pause", "_reading")

    def __init__(self, cursor: apsw.Cursor, pause: Pause | None = None, *, reading: bool = False) -> None:
        self._cursor = cursor
        self._pause = pause
        self._reading = reading
        self._failed = False

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        rows = self._run(sql, values)
        if self._pause is not None:
            await self._pause.if_due()
        return rows

    async def row(self, sql: str, *values: Value) -> Row | None:
        rows = self._run(sql, values)
        return rows[0] if rows else None

    async def execute(self, sql: str, *values: Value) -> int:
        self._run(sql, values)
        changed = self._cursor.connection.changes()
        if self._pause is not None:
            await self._pause.if_due()
        return changed

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        results = []
        for sql, values in statements:
            results.append(self._run(sql, values))
            if self._pause is not None:
                await self._pause.if_due()
        return results

    def raise_if_failed(self) -> None:
        if self._failed:
            raise StatementRefused("an operation went on after a statement that failed")

    def _run(self, sql: str, values: Sequence[Value]) -> list[Row]:
        self.raise_if_failed()
        try:
            return self._cursor.execute(sql, values).fetchall()
        except apsw.Error as error:
            self._failed = True
            if self._reading and isinstance(error, apsw.ReadOnlyError):
                raise StatementRefused("a read tried to write") from error
            raise translate(error) from error
