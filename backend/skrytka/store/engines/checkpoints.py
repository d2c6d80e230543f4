"""Moves SQLite's write-ahead log into the database file, apart from commits, so that no caller waits for it.

PASSIVE goes beside the writer and never blocks it; it cannot reset a log that is written to all the time, so above 64 MB
the log is truncated by the process that has the write turn.
"""

from __future__ import annotations

import logging

import apsw

_PASSIVE_OCTETS = 4 * 1024 * 1024
_TRUNCATE_OCTETS = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


class Checkpoints:
    """Decides when, and runs the checkpoint on a connection of its own. ``passive`` and ``truncate`` belong in a thread."""

    def __init__(self, connection: apsw.Connection, page_octets: int) -> None:
        self._connection = connection
        self._page_octets = page_octets
        self._log_pages = 0
        self._next_pages = _PASSIVE_OCTETS // page_octets

    def note(self, _connection: apsw.Connection, _schema: str, pages: int) -> int:
        """SQLite's hook after each commit: how many pages the log has now (fewer than before: it was reset)."""
        if pages < self._log_pages:
            self._next_pages = _PASSIVE_OCTETS // self._page_octets
        self._log_pages = pages
        return apsw.SQLITE_OK

    @property
    def due(self) -> bool:
        return self._log_pages >= self._next_pages

    @property
    def truncation_due(self) -> bool:
        return self.due and self._log_pages * self._page_octets >= _TRUNCATE_OCTETS

    def plan_next(self) -> None:
        """Called when one starts: the next is due another 4 MB later."""
        self._next_pages = self._log_pages + _PASSIVE_OCTETS // self._page_octets

    def passive(self) -> None:
        self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE)

    def truncate(self) -> None:
        self._checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _checkpoint(self, mode: int) -> None:
        try:
            self._connection.wal_checkpoint(mode=mode)
        except apsw.BusyError:
            return  # Another process is at it, or a reader needs the log: the next one comes 4 MB later.
        except apsw.Error as error:
            _log.warning("checkpoint of %s failed: %s", self._connection.filename, error)

    def close(self) -> None:
        self._connection.close()
