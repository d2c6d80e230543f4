"""How SQLite treats a statement that it is given again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from skrytka.store.engines.sqlite import SqliteDatabase
from skrytka.store.interface import Tx


@pytest.fixture
def plannings() -> Iterator[list[int]]:
    """One entry for each thing that SQLite asked leave for, as it does when it plans a statement and not when it runs one;
    of all connections made from now on."""
    asked: list[int] = []

    def allow(operation: int, *_: str | None) -> int:
        asked.append(operation)
        return apsw.SQLITE_OK

    def watch(connection: apsw.Connection) -> None:
        connection.authorizer = allow

    apsw.connection_hooks.append(watch)
    yield asked
    apsw.connection_hooks.remove(watch)


async def make(tx: Tx, _: None) -> None:
    for name in ("content", "header"):
        await tx.execute(
            f"CREATE TABLE {name} (mailbox_id INTEGER, content_id INTEGER, PRIMARY KEY (mailbox_id, content_id))"
        )
        await tx.batch([(f"INSERT INTO {name} VALUES (1, ?)", (number,)) for number in range(5)])


async def find(tx: Tx, content_id: int) -> list[int]:
    rows = await tx.rows(
        "SELECT h.content_id FROM content c JOIN header h ON h.mailbox_id = c.mailbox_id"
        " AND h.content_id = c.content_id WHERE c.mailbox_id = ? AND c.content_id = ?",
        1,
        content_id,
    )
    return [row[0] for row in rows]


async def test_a_join_is_planned_once_whatever_its_values(tmp_path: Path, plannings: list[int]) -> None:
    """SQLite as apsw builds it would plan it for the values at hand each time, which takes far longer than to run it."""
    database = SqliteDatabase("shard-0", tmp_path / "shard-0.db", 2.0)
    await database.open()
    try:
        await database.write(make, None)
        assert await database.read(find, 0) == [0]
        assert plannings
        plannings.clear()
        assert [await database.read(find, number) for number in range(1, 5)] == [[1], [2], [3], [4]]
        assert not plannings
    finally:
        await database.close()
