"""SQLite through apsw: reads inline on the event loop, writes by group commit.

Why apsw and not the standard library's sqlite3. Speed decides little: a point read of four columns takes 6.0 us against 6.2,
a scan 0.37 us a row against 0.52 (apsw's SQLite 3.54, Debian's 3.40). But apsw carries its SQLite with it, whatever the
system has; it begins no transaction of its own accord; and it has the hook that tells how long the write-ahead log is, and
checkpoints as a call. ``tests/bench/write_path.py`` measures the write path.

WAL with ``synchronous=FULL``: COMMIT returns after the fsync of the log, so a commit survives ``kill -9`` and power cuts.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar, cast

import apsw

from skrytka.errors import Unavailable
from skrytka.store.engines.checkpoints import Checkpoints
from skrytka.store.engines.file_systems import refuse_network_file_system
from skrytka.store.engines.group_commit import GroupCommit
from skrytka.store.engines.inline import run_inline
from skrytka.store.engines.sqlite_tx import SqliteTx
from skrytka.store.engines.turns import Turns
from skrytka.store.interface import Committed, Op, Unsuitable
from skrytka.store.schema import refuse_newer

V = TypeVar("V")
T = TypeVar("T")

_STATEMENT_CACHE = 500
_READ_BUSY_MS = 2_000
_WRITE_CACHE_KIB = 16_384
_READ_CACHE_KIB = 32_768


class SqliteDatabase:
    """One SQLite file, opened by this process. Implements ``Database``."""

    engine: Literal["sqlite", "postgresql"] = "sqlite"

    def __init__(self, name: str, path: Path, patience_s: float) -> None:
        self.name = name
        self.path = path
        self._patience_s = patience_s
        self._reader: apsw.Connection | None = None
        self._writer: GroupCommit | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        if self._writer is not None:
            return
        refuse_network_file_system(self.path.parent)
        # One thread for the writer (turn, COMMIT), one for checkpoints.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix=f"sqlite {self.name}")
        loop = asyncio.get_running_loop()
        try:
            self._reader, writer = await loop.run_in_executor(self._threads, self._connect_all, loop)
            writer.start()
            self._writer = writer
            await refuse_newer(self)
        except apsw.NotADBError as error:
            await self.close()
            raise Unsuitable(f"{self.path} is not a SQLite database") from error
        except apsw.Error as error:
            await self.close()
            raise Unavailable(f"{self.path} cannot be opened: {error}") from error
        except BaseException:
            await self.close()
            raise

    def _connect_all(self, loop: asyncio.AbstractEventLoop) -> tuple[apsw.Connection, GroupCommit]:
        """In a thread. One process at a time: turning a new file into WAL mode does not wait for others."""
        assert self._threads is not None
        turns = Turns(self.path)
        turns.wait()
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
        for connection in (writing, checkpointing):
            connection.execute("PRAGMA synchronous = FULL")
            connection.set_busy_timeout(0)
        checkpoints = Checkpoints(checkpointing, int(writing.execute("PRAGMA page_size").get))
        writing.set_wal_hook(checkpoints.note)
        return reader, GroupCommit(self.name, writing, turns, checkpoints, self._threads, self._patience_s, loop)

    def _connect(self, cache_kib: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), statementcachesize=_STATEMENT_CACHE)
        connection.set_busy_timeout(_READ_BUSY_MS)
        connection.wal_autocheckpoint(0)
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    async def close(self) -> None:
        """Commit what is queued, close. The last process to close leaves a database without a log."""
        writer, reader, threads = self._writer, self._reader, self._threads
        self._writer = self._reader = self._threads = None
        if reader is not None:
            reader.close()
        if writer is not None:
            await writer.close()
        if threads is not None:
            threads.shutdown(wait=False)

    @property
    def groups(self) -> int:
        """How many turns this process had."""
        return self._writer.groups if self._writer is not None else 0

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        if self._writer is None:
            raise Unavailable(f"The store {self.name} is not open")
        return cast(T, await self._writer.submit(op, values, committed))

    async def read(self, op: Op[V, T], values: V) -> T:
        if self._reader is None:
            raise Unavailable(f"The store {self.name} is not open")
        return run_inline(op(SqliteTx(self._reader, reading=True), values))
