"""SQLite through apsw: reads inline on the event loop, writes by group commit.

Why apsw and not the standard library's sqlite3. Speed decides little: a point read of four columns takes 6.0 us against 6.2,
a scan 0.37 us a row against 0.52 (apsw's SQLite 3.54, Debian's 3.40). But apsw carries its SQLite with it, whatever the
system has; it begins no transaction of its own accord; and it has the hook that tells how long the write-ahead log is, and
checkpoints as a call. ``tests/bench/write_path.py`` measures the write path.

WAL with ``synchronous=FULL``: COMMIT returns after the fsync of the log, so a commit survives ``kill -9`` and power cuts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import apsw

from skrytka.errors import Unavailable
from skrytka.store.engines.checkpoints import Checkpoints
from skrytka.store.engines.file_systems import refuse_network_file_system
from skrytka.store.engines.group_commit import GroupCommit, Threads
from skrytka.store.engines.inline import run_inline
from skrytka.store.engines.sqlite_tx import SqliteTx
from skrytka.store.engines.turns import Turns
from skrytka.store.interface import Committed, Op, Unsuitable
from skrytka.store.schema import refuse_newer

V = TypeVar("V")
T = TypeVar("T")

_STATEMENT_CACHE = 500
_OPEN_BUSY_MS = 2_000
_BUSY_PATIENCE_S = 2.0
_BUSY_PAUSE_S = 0.005
_WRITE_CACHE_KIB = 16_384
_READ_CACHE_KIB = 32_768
_TELL_AFTER_S = 5.0

_log = logging.getLogger(__name__)


class SqliteDatabase:
    """One SQLite file, opened by this process. Implements ``Database``."""

    engine: Literal["sqlite", "postgresql"] = "sqlite"

    def __init__(self, name: str, path: Path, patience_s: float) -> None:
        self.name = name
        self.path = path
        self._patience_s = patience_s
        self._reader: apsw.Cursor | None = None
        self._writer: GroupCommit | None = None
        self._threads: Threads | None = None

    async def open(self) -> None:
        if self._writer is not None:
            return
        refuse_network_file_system(self.path.parent)
        loop = asyncio.get_running_loop()
        self._threads = threads = Threads(self.name, loop)
        try:
            turns = await self._first_turn(threads)
            connecting = threads.committing.run(lambda: self._connect_all(loop, turns, threads))
            self._reader, writer = await connecting
            writer.start()
            self._writer = writer
            await refuse_newer(self)
        except BaseException as error:
            await self.close()
            if isinstance(error, apsw.NotADBError):
                raise Unsuitable(f"{self.path} is not a SQLite database") from error
            if isinstance(error, apsw.Error):
                raise Unavailable(f"{self.path} cannot be opened: {error}") from error
            raise

    async def _first_turn(self, threads: Threads) -> Turns:
        """The turn to open with. One process at a time: turning a new file into WAL mode does not wait for others."""
        turns = Turns(self.path)
        try:
            taken = turns.try_take() or await self._waited(turns, threads)
        except BaseException:
            turns.close()
            raise
        if not taken:
            turns.close()
            raise Unavailable(f"Another process holds the write turn of {self.name} and does not give it back")
        return turns

    async def _waited(self, turns: Turns, threads: Threads) -> bool:
        waiting = threads.waiting.run(turns.wait)
        for patience_s in (min(_TELL_AFTER_S, self._patience_s), self._patience_s):
            await asyncio.wait({waiting}, timeout=patience_s)
            if waiting.done():
                return True
            _log.warning("another process holds the write turn of %s", self.name)
        waiting.cancel()
        return False

    def _connect_all(
        self, loop: asyncio.AbstractEventLoop, turns: Turns, threads: Threads
    ) -> tuple[apsw.Cursor, GroupCommit]:
        """In a thread, which has the turn."""
        try:
            writing = self._connect(_WRITE_CACHE_KIB)
            writing.execute("PRAGMA journal_mode = WAL")
            checkpointing = self._connect(_WRITE_CACHE_KIB)
            reader = self._connect(_READ_CACHE_KIB)
            reader.execute("PRAGMA query_only = ON")
        except apsw.Error:
            turns.close()
            raise
        turns.give_back()
        for connection in (writing, checkpointing, reader):
            connection.execute("PRAGMA synchronous = FULL")
            connection.set_busy_timeout(0)
        checkpoints = Checkpoints(checkpointing, int(writing.execute("PRAGMA page_size").get))
        writing.set_wal_hook(checkpoints.note)
        writer = GroupCommit(self.name, writing, turns, checkpoints, threads, self._patience_s, loop)
        return reader.cursor(), writer

    def _connect(self, cache_kib: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), statementcachesize=_STATEMENT_CACHE)
        connection.set_busy_timeout(_OPEN_BUSY_MS)
        connection.wal_autocheckpoint(0)
        # Without it SQLite plans a join anew for every set of values: reading a mail took 34 us, not 9.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    async def close(self) -> None:
        """Commit what is queued, close. The last process to close leaves a database without a log."""
        writer, reader, threads = self._writer, self._reader, self._threads
        self._writer = self._reader = self._threads = None
        if reader is not None:
            reader.connection.close()
        if writer is not None:
            await writer.close()
        if threads is not None:
            threads.end()

    @property
    def alive(self) -> bool:
        return self._writer is None or self._writer.alive

    @property
    def committing(self) -> asyncio.Future[Any] | None:
        return self._writer.committing if self._writer is not None else None

    @property
    def groups(self) -> int:
        """How many turns this process had."""
        return self._writer.groups if self._writer is not None else 0

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        if self._writer is None:
            raise Unavailable(f"The store {self.name} is not open")
        return cast(T, await self._writer.submit(op, values, committed))

    async def read(self, op: Op[V, T], values: V) -> T:
        """At once, but for the rare moment in which another process rebuilds or removes the log: then the loop goes on."""
        ends: float | None = None
        while True:
            if self._reader is None:
                raise Unavailable(f"The store {self.name} is not open")
            try:
                return run_inline(op(SqliteTx(self._reader, reading=True), values))
            except Unavailable as error:
                moment = time.monotonic()
                ends = ends or moment + _BUSY_PATIENCE_S
                if not isinstance(error.__cause__, apsw.BusyError) or moment > ends:
                    raise
            await asyncio.sleep(_BUSY_PAUSE_S)
