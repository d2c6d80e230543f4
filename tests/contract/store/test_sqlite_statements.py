"""How SQLite treats a statement that it is given again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from skrytka.model import FolderId, MailboxId
from skrytka.settings import Settings
from skrytka.store.engines.sqlite import SqliteDatabase
from skrytka.store.interface import Row, Statement, Tx, Value
from skrytka.store.opening import open_databases
from skrytka.store.operations import text_searching
from skrytka.store.operations.text_searching import UidAsk


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


class Planned:
    """A transaction in which statements are not run: SQLite tells how it would run them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.plans: list[str] = []

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        self.plans += [row[3] for row in await self._tx.rows(f"EXPLAIN QUERY PLAN {sql}", *values)]
        return []

    async def row(self, sql: str, *values: Value) -> Row | None:
        await self.rows(sql, *values)
        return None

    async def execute(self, sql: str, *values: Value) -> int:
        await self.rows(sql, *values)
        return 0

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        return [await self.rows(sql, *values) for sql, values in statements]


async def plans_of_hits(tx: Tx, count: int) -> list[str]:
    planned = Planned(tx)
    await text_searching.uids(planned, UidAsk(MailboxId(1), FolderId(1), range(1, count + 1)))
    return planned.plans


@pytest.mark.parametrize("count", [1, 200, 1_000])
async def test_the_hits_of_a_search_are_looked_up_one_by_one(tmp_path: Path, count: int) -> None:
    """Going through all messages of the folder, as SQLite likes to, costs more than the rest of the search."""
    databases = await open_databases(Settings(data_dir=str(tmp_path)))
    try:
        plans = await databases.shards["shard-0"].read(plans_of_hits, count)
    finally:
        await databases.close()
    assert len(plans) == 2
    assert all("(mailbox_id=? AND content_id=?)" in plan for plan in plans)
