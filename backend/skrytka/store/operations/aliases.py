"""SQL of aliases: further addresses of a mailbox.

An address is a mailbox or an alias, never both: both take the lock of the domain before they look.
"""

from __future__ import annotations

import msgspec

from skrytka import errors
from skrytka.model import MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations import domains


class AliasWrite(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    alias: str
    domain: str
    limit: int
    now: int


class AliasDelete(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    alias: str


async def put(tx: Tx, write: AliasWrite) -> bool:
    """True when it was created, False when the mailbox has it already."""
    await domains.take_address(tx, write.domain)
    row = await tx.row("SELECT mailbox_id FROM alias WHERE alias = ?", write.alias)
    if row is not None:
        if row[0] != write.mailbox_id:
            raise errors.AlreadyExists("alias", write.alias)
        await domains.give_addresses(tx, write.domain, 1)
        return False
    await _check_room(tx, write)
    await tx.execute(
        "INSERT INTO alias (alias, domain, mailbox_id, created_at) VALUES (?, ?, ?, ?)",
        write.alias,
        write.domain,
        write.mailbox_id,
        write.now,
    )
    return True


async def _check_room(tx: Tx, write: AliasWrite) -> None:
    if await tx.row("SELECT 1 FROM mailbox WHERE address = ?", write.alias):
        raise errors.AlreadyExists("mailbox", write.alias)
    # The mailbox's row is locked as well, so that its deletion and two aliases at the limit take turns.
    owner = "UPDATE mailbox SET version = version WHERE mailbox_id = ? AND address IS NOT NULL"
    if not await tx.execute(owner, write.mailbox_id):
        raise errors.NotFound("mailbox", str(write.mailbox_id))
    row = await tx.row("SELECT count(*) FROM alias WHERE mailbox_id = ?", write.mailbox_id)
    if row and row[0] >= write.limit:
        raise errors.LimitReached(f"A mailbox may have {write.limit} aliases")


async def delete(tx: Tx, asked: AliasDelete) -> None:
    row = await tx.row(
        "DELETE FROM alias WHERE alias = ? AND mailbox_id = ? RETURNING domain", asked.alias, asked.mailbox_id
    )
    if row is None:
        raise errors.NotFound("alias", asked.alias)
    await domains.give_addresses(tx, row[0], 1)


async def list_all(tx: Tx, mailbox_id: MailboxId) -> list[str]:
    rows = await tx.rows("SELECT alias FROM alias WHERE mailbox_id = ? ORDER BY alias", mailbox_id)
    return [alias for (alias,) in rows]


async def drop_dangling(tx: Tx, repair: bool) -> list[str]:
    """Aliases of mailboxes that are not there or being deleted, removed if asked."""
    rows = await tx.rows(
        "SELECT a.alias, a.domain FROM alias a LEFT JOIN mailbox m ON m.mailbox_id = a.mailbox_id"
        " WHERE m.address IS NULL ORDER BY a.alias"
    )
    if repair:
        for alias, domain in rows:
            await domains.give_addresses(tx, domain, await tx.execute("DELETE FROM alias WHERE alias = ?", alias))
    return [alias for alias, _ in rows]
