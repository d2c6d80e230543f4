"""A transaction, or a read, on a SQLite connection: statements run inline, rows are fetched whole."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from skrytka.errors import Unavailable
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
        return Unavailable(f"The store does not answer: {error}")
    return StatementRefused(str(error))


class SqliteTx:
    """Implements ``Tx``. After a failed statement it refuses all others, as PostgreSQL does."""

    __slots__ = ("_connection", "_failed")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._failed = False

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        return self._run(sql, values)

    async def row(self, sql: str, *values: Value) -> Row | None:
        rows = self._run(sql, values)
        return rows[0] if rows else None

    async def execute(self, sql: str, *values: Value) -> int:
        self._run(sql, values)
        return self._connection.changes()

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        return [self._run(sql, values) for sql, values in statements]

    def raise_if_failed(self) -> None:
        if self._failed:
            raise StatementRefused("an operation went on after a statement that failed")

    def _run(self, sql: str, values: Sequence[Value]) -> list[Row]:
        self.raise_if_failed()
        try:
            return self._connection.execute(sql, values).fetchall()
        except apsw.Error as error:
            self._failed = True
            raise translate(error) from error
