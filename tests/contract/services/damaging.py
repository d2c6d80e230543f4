"""Damages what a mailbox has on its shard, and looks whether ``skrytka check`` finds and mends it."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.model import Mailbox
from skrytka.services import checking
from skrytka.services.checking import Finding
from skrytka.store.interface import Tx


async def damage(tx: Tx, sql: str) -> None:
    assert await tx.execute(sql) > 0


async def on_shard(core: Core, mailbox: Mailbox, sql: str) -> None:
    await core.shards[mailbox.ref.shard].write(damage, sql)


async def mended(core: Core, *expected: Finding) -> None:
    """The findings, first reported, then mended, then gone; a deep check finds no more."""
    assert await checking.check(core, repair=False, deep=True) == list(expected)
    repaired = [Finding(found.kind, found.where, found.detail, True) for found in expected]
    assert await checking.check(core, repair=True) == repaired
    assert await checking.check(core, repair=False, deep=True) == []
