"""Numbers that are never given twice, from the table ``sequence``: both engines roll them back with the transaction."""

from __future__ import annotations

from skrytka.store.interface import Tx


async def next_value(tx: Tx, name: str) -> int:
    """The next number of a sequence; its row is locked until the transaction ends."""
    row = await tx.row("UPDATE sequence SET value = value + 1 WHERE name = ? RETURNING value", name)
    assert row is not None, f"the migrations make the sequence {name}"
    return int(row[0])


async def current(tx: Tx, name: str) -> int:
    """Where a mark stands, 0 before it was ever raised."""
    row = await tx.row("SELECT value FROM sequence WHERE name = ?", name)
    return 0 if row is None else int(row[0])


async def raise_to(tx: Tx, name: str, value: int) -> None:
    """Raise a mark; one that stands higher stays."""
    await tx.execute(
        "INSERT INTO sequence (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        " WHERE sequence.value < excluded.value",
        name,
        value,
    )
