"""Operations on the table of counters that several tests run."""

from __future__ import annotations

from skrytka.store.interface import Tx


async def value_of(tx: Tx, name: str) -> int:
    row = await tx.row("SELECT value FROM counter WHERE name = ?", name)
    assert row is not None
    return int(row[0])


async def increment(tx: Tx, name: str) -> int:
    row = await tx.row("UPDATE counter SET value = value + 1 WHERE name = ? RETURNING value", name)
    assert row is not None
    return int(row[0])


async def insert(tx: Tx, name: str) -> None:
    await tx.execute("INSERT INTO counter (name, value) VALUES (?, 0)", name)


async def increment_and_insert(tx: Tx, name: str) -> None:
    await increment(tx, "a")
    await insert(tx, name)
