"""Numbers that are never given twice, from the table ``sequence``: both engines roll them back with the transaction."""

from __future__ import annotations

from skrytka.store.interface import Tx


async def next_value(tx: Tx, name: str) -> int:
    """The next number of a sequence; its row is locked until the transaction ends."""
    row = await tx.row("UPDATE sequence SET value = value + 1 WHERE name = ? RETURNING value", name)
    assert row is not None, f"the migrations make the sequence {name}"
    return int(row[0])
