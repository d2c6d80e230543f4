"""Whether a database answers."""

from __future__ import annotations

from skrytka.store.interface import Tx


async def probe(tx: Tx, _: None) -> None:
    await tx.row("SELECT 1")
