"""Lets time pass for a service that has nothing to do: what waits for its grace is then due, and collected while the next
round plays. Blobs that nobody names any more go, and some of them are delivered anew at that very moment."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from tests.servers import Postgres

PASSES_S = 7_200
_SHARD = (
    f"UPDATE expunged SET expunged_at = expunged_at - {PASSES_S}",
    f"UPDATE doomed_folder SET deleted_at = deleted_at - {PASSES_S}",
)
_DIRECTORY = (f"UPDATE lease SET expires_at = expires_at - {PASSES_S}",)


def age_blobs(data_dir: Path) -> None:
    """Only between rounds: a delivery relies on it that the blob which it just put stays young."""
    then = time.time() - PASSES_S
    for blob in (data_dir / "blobs").glob("??/??/*"):
        with contextlib.suppress(FileNotFoundError):  # collected just now
            os.utime(blob, (then, then))


def age_sqlite(data_dir: Path) -> None:
    for database in [*data_dir.glob("shard-*.db"), data_dir / "directory.db"]:
        statements = _DIRECTORY if database.name == "directory.db" else _SHARD
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
            for statement in statements:
                connection.execute(statement)


def age_postgresql(server: Postgres, database_url: str, shards: int) -> None:
    database = database_url.rsplit("/", 1)[1]
    schemas = {"skrytka_directory": _DIRECTORY} | {f"skrytka_shard_{number}": _SHARD for number in range(shards)}
    for schema, statements in schemas.items():
        for statement in statements:
            server.sql(f"SET search_path = {schema}; {statement}", database)
