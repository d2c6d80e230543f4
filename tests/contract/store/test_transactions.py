"""What every engine promises for transactions and reads."""

from __future__ import annotations

import asyncio

import pytest

from skrytka import errors
from skrytka.model import Flags, Role
from skrytka.store.interface import Database, Duplicate, StatementRefused, Tx
from tests.contract.store.operations import increment, increment_and_insert, insert, value_of


async def test_commits_and_returns_the_result(store: Database) -> None:
    assert await store.write(increment, "a") == 1
    assert await store.write(increment, "a") == 2
    assert await store.read(value_of, "a") == 2
    assert await store.read(value_of, "b") == 0


async def test_values_come_back_as_they_went_in(store: Database) -> None:
    async def keep(tx: Tx, data: bytes) -> int:
        return await tx.execute("UPDATE counter SET value = ?, data = ? WHERE name = 'a'", -(2**62), data)

    async def get(tx: Tx, _: None) -> list[tuple[object, ...]]:
        return await tx.rows("SELECT name, value, data, NULL, '?' FROM counter WHERE name <= ? ORDER BY name", "b")

    octets = bytes(range(256))
    assert await store.write(keep, octets) == 1
    assert await store.read(get, None) == [("a", -(2**62), octets, None, "?"), ("b", 0, None, None, "?")]


async def test_enumerations_and_sums_are_plain(store: Database) -> None:
    async def work(tx: Tx, values: tuple[Flags, Role]) -> list[tuple[object, ...]]:
        flags, role = values
        await tx.execute("INSERT INTO counter (name, value) VALUES (?, ?)", role, flags)
        return await tx.rows("SELECT SUM(value), MAX(name), COUNT(*) FROM counter")

    [(total, last, count)] = await store.write(work, (Flags.SEEN | Flags.DELETED, Role.TRASH))
    assert (total, last, count) == (9, "trash", 4)
    assert type(total) is int


async def test_text_is_ordered_by_code_points(store: Database) -> None:
    async def work(tx: Tx, names: list[str]) -> list[str]:
        await tx.batch([("INSERT INTO counter (name, value) VALUES (?, 1)", (name,)) for name in names])
        return [str(row[0]) for row in await tx.rows("SELECT name FROM counter WHERE value = 1 ORDER BY name")]

    assert await store.write(work, ["é", "z", "Z", "_", "a/b", "a b"]) == ["Z", "_", "a b", "a/b", "z", "é"]


async def test_batch_gives_the_rows_of_each_statement(store: Database) -> None:
    async def work(tx: Tx, _: None) -> list[list[tuple[object, ...]]]:
        return await tx.batch(
            [
                ("UPDATE counter SET value = 5 WHERE name = ? RETURNING value", ("a",)),
                ("UPDATE counter SET value = 6 WHERE name = ?", ("b",)),
                ("SELECT name, value FROM counter ORDER BY name", ()),
                ("DELETE FROM counter WHERE value > ? RETURNING name", (99,)),
            ]
        )

    expected = [[(5,)], [], [("a", 5), ("b", 6), ("c", 0)], []]
    assert await store.write(work, None) == expected


async def test_read_batches(store: Database) -> None:
    async def work(tx: Tx, _: None) -> list[list[tuple[object, ...]]]:
        return await tx.batch([("SELECT value FROM counter WHERE name = ?", (name,)) for name in ("a", "none", "b")])

    assert await store.read(work, None) == [[(0,)], [], [(0,)]]


async def test_an_operation_that_raises_is_rolled_back_alone(store: Database) -> None:
    async def increment_and_refuse(tx: Tx, name: str) -> None:
        await increment(tx, name)
        raise errors.OverQuota("storage")

    work = [store.write(increment, "a"), store.write(increment_and_refuse, "a"), store.write(increment, "a")]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [int, errors.OverQuota, int]
    assert await store.read(value_of, "a") == 2


async def test_a_key_that_exists_is_a_duplicate_and_undoes_the_transaction(store: Database) -> None:
    with pytest.raises(Duplicate):
        await store.write(increment_and_insert, "b")
    assert await store.read(value_of, "a") == 0
    await store.write(increment_and_insert, "d")
    assert await store.read(value_of, "a") == 1


async def test_of_many_that_insert_one_key_one_wins(store: Database) -> None:
    outcomes = await asyncio.gather(*(store.write(insert, "new") for _ in range(8)), return_exceptions=True)
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["Duplicate"] * 7 + ["NoneType"]


async def test_going_on_after_a_failed_statement_is_refused(store: Database) -> None:
    async def swallow(tx: Tx, _: None) -> None:
        await increment(tx, "a")
        try:
            await insert(tx, "a")
        except Duplicate:
            return

    with pytest.raises(StatementRefused):
        await store.write(swallow, None)
    assert await store.read(value_of, "a") == 0


async def test_wrong_sql_is_refused_and_the_store_goes_on(store: Database) -> None:
    async def wrong(tx: Tx, _: None) -> None:
        await tx.execute("UPDATE nothing SET value = 1")

    for run in (store.write, store.read):
        with pytest.raises(StatementRefused):
            await run(wrong, None)
    assert await store.write(increment, "a") == 1


async def test_many_concurrent_writers_count_exactly(store: Database) -> None:
    async def writer() -> list[int]:
        return [await store.write(increment, "a") for _ in range(20)]

    seen = await asyncio.gather(*(writer() for _ in range(20)))
    assert sorted(value for values in seen for value in values) == list(range(1, 401))


async def test_a_cancelled_caller_does_not_cancel_its_operation(store: Database) -> None:
    caller = asyncio.create_task(store.write(increment, "a"))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await store.close()  # waits for what runs
    await store.open()
    assert await store.read(value_of, "a") == 1


async def test_reads_cannot_write(store: Database) -> None:
    with pytest.raises(StatementRefused, match=r"read"):
        await store.read(increment, "a")
    assert await store.read(value_of, "a") == 0
    assert await store.write(increment, "a") == 1


async def test_what_follows_a_commit_happens_whatever_becomes_of_the_caller(store: Database) -> None:
    committed: list[int] = []
    assert await store.write(increment, "a", committed.append) == 1
    assert committed == [1]
    caller = asyncio.create_task(store.write(increment, "a", committed.append))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await store.close()  # waits for what runs
    assert committed == [1, 2]
    await store.open()
    with pytest.raises(NotImplementedError):
        await store.write(increment_and_fail, "a", committed.append)
    assert committed == [1, 2]


async def test_a_bug_in_what_follows_a_commit_takes_no_answers_with_it(
    store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: int) -> None:
        raise ZeroDivisionError

    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(store.write(increment, "a", broken) for _ in range(5)))
        assert sorted(answers) == [1, 2, 3, 4, 5]
        assert await store.write(increment, "a") == 6
    assert caplog.text.count("what follows a commit failed") == 5


async def increment_and_fail(tx: Tx, name: str) -> int:
    await increment(tx, name)
    raise NotImplementedError


async def test_closed_stores_are_unavailable(store: Database) -> None:
    await store.close()
    for run in (store.write, store.read):
        with pytest.raises(errors.Unavailable):
            await run(value_of, "a")
    await store.close()
    await store.open()
    assert await store.read(value_of, "a") == 0


async def test_a_batch_of_a_thousand_statements(store: Database) -> None:
    async def work(tx: Tx, number: int) -> int:
        data = b"x" * 4096
        sql = "INSERT INTO counter (name, value, data) VALUES (?, ?, ?)"
        await tx.batch([(sql, (f"n{i:04}", i, data)) for i in range(number)])
        return await tx.execute("UPDATE counter SET value = -1 WHERE data IS NOT NULL")

    assert await store.write(work, 1000) == 1000
