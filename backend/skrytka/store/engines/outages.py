"""An outage has three texts: one for clients, which names no host and no user, the database's own for the log, and a word
for metrics."""

from __future__ import annotations

from collections.abc import Mapping

from skrytka.errors import Unavailable

OTHER = "other"

KINDS: Mapping[str, str] = {
    "apsw.FullError": "disk_full",
    "psycopg.errors.DiskFull": "disk_full",
    "apsw.IOError": "io_error",
    "apsw.CantOpenError": "cannot_open",
    "apsw.CorruptError": "corrupt",
    "apsw.NotADBError": "corrupt",
    "apsw.ReadOnlyError": "read_only",
    "apsw.PermissionsError": "read_only",
    "apsw.BusyError": "locked",
    "apsw.LockedError": "locked",
    "apsw.NoMemError": "memory",
    "psycopg.errors.QueryCanceled": "timeout",
    "builtins.TimeoutError": "timeout",
    "psycopg.errors.SerializationFailure": "conflicts",
    "psycopg.errors.DeadlockDetected": "conflicts",
    "psycopg.OperationalError": "connection",
    "psycopg.InterfaceError": "connection",
    "builtins.ConnectionError": "connection",
}
"""By name and not by class: psycopg is loaded where PostgreSQL is used, and takes memory."""
CAUSES = frozenset({OTHER, *KINDS.values()})


def unavailable(text: str, error: BaseException | None) -> Unavailable:
    """As ``raise ... from error`` makes it, also where it is handed over instead of raised. ``text`` is what clients are told."""
    failure = Unavailable(text)
    failure.__cause__ = error
    return failure


def cause_of(failure: Unavailable) -> str:
    """The word of the first exception behind it that has one."""
    behind = failure.__cause__
    while behind is not None:
        for kind in type(behind).__mro__:
            word = KINDS.get(f"{kind.__module__}.{kind.__qualname__}")
            if word:
                return word
        behind = behind.__cause__
    return OTHER


def words_of(failure: Unavailable) -> str:
    """For the log, on one line: what clients are told, and what the database said."""
    behind = failure.__cause__
    if behind is None:
        return str(failure)
    return f"{failure}: {' '.join(str(behind).split()) or type(behind).__name__}"
