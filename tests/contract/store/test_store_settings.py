"""``store.pool_size`` and ``store.statement_timeout_s`` reach the engines."""

from __future__ import annotations

import asyncio
import fcntl
import time
from pathlib import Path

import msgspec
import pytest

from skrytka.errors import Unavailable
from skrytka.settings import Settings
from skrytka.store.interface import Tx
from skrytka.store.opening import open_databases


def with_store(settings: Settings, **changes: float) -> Settings:
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, **changes))


async def touch(tx: Tx, sql: str) -> None:
    await tx.rows(sql)


async def test_statement_timeout_s(settings: Settings) -> None:
    """On SQLite what is waited for is the turn to write."""
    opened = await open_databases(with_store(settings, statement_timeout_s=2.0))
    directory = opened.directory
    sql = "SELECT 1" if directory.engine == "sqlite" else "SELECT pg_sleep(25)"
    with (Path(settings.data_dir) / "directory.db-turn").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await directory.write(touch, sql)
        assert time.monotonic() - began < 20
        fcntl.flock(turn, fcntl.LOCK_UN)
    await opened.close()


async def backend(tx: Tx, _: None) -> int:
    row = await tx.row("SELECT pg_backend_pid(), pg_sleep(0.2)")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_pool_size(settings: Settings) -> None:
    opened = await open_databases(with_store(settings, pool_size=3))
    answered = await asyncio.gather(*(opened.directory.read(backend, None) for _ in range(9)))
    assert len(set(answered)) == 3
    await opened.close()
