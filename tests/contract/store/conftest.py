"""A database with one table of counters, on either engine."""

from __future__ import annotations

import pytest

from skrytka.store.interface import Database, Tx
from skrytka.store.opening import Databases
from skrytka.store.schema import for_engine

TABLE = "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL, data BLOB)"


async def make_counters(tx: Tx, engine: str) -> None:
    await tx.execute(for_engine(TABLE, engine))
    await tx.batch([("INSERT INTO counter (name, value) VALUES (?, ?)", (name, 0)) for name in ("a", "b", "c")])


@pytest.fixture
async def store(open_databases: Databases) -> Database:
    database = open_databases.directory
    await database.write(make_counters, database.engine)
    return database
