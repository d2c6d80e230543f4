"""Whether a database answers, what room it has, and what a PostgreSQL server does for durability."""

from __future__ import annotations

import msgspec

from skrytka.store.interface import Tx


async def probe(tx: Tx, _: None) -> None:
    await tx.row("SELECT 1")


async def free_octets(tx: Tx, _: None) -> int:
    """Of SQLite only: what was deleted in the file and will be written over before it grows."""
    pages, size = await tx.row("PRAGMA freelist_count"), await tx.row("PRAGMA page_size")
    assert pages is not None
    assert size is not None
    return int(pages[0]) * int(size[0])


class Durability(msgspec.Struct, frozen=True):
    """PostgreSQL's settings as they hold for our sessions: of the server, the database or the role."""

    synchronous_commit: str
    fsync: str
    full_page_writes: str


async def durability(tx: Tx, _: None) -> Durability:
    """Of PostgreSQL only."""
    row = await tx.row(
        "SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')"
    )
    assert row is not None
    return Durability(*row)
