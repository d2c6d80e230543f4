"""Deleting a mailbox leaves nothing of it on its shard: every table there that has a ``mailbox_id`` is looked at."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.model import AclEntry, FlagChange, Flags, MailboxId, MailboxRef, RetentionPolicy, Role, Seen, Uid
from skrytka.services import (
    acl,
    folders,
    indexing,
    mailboxes,
    messages,
    metadata,
    pop3_locks,
    retention,
    retention_sweep,
)
from skrytka.services.mailboxes import MailboxChange
from skrytka.services.shards import shard_of
from skrytka.store.interface import Tx
from tests.contract.provisioning import ADMIN, DAY_S, Clock, add_messages, make_mailbox, vary

TABLES = {
    "sqlite": "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
    " WHERE m.type = 'table' AND c.name = 'mailbox_id'",
    "postgresql": "SELECT table_name FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND column_name = 'mailbox_id'",
}


async def rows_by_table(tx: Tx, asked: tuple[str, MailboxRef]) -> dict[str, int]:
    engine, mailbox = asked
    tables = sorted(row[0] for row in await tx.rows(TABLES[engine]))
    sql = "SELECT 1 FROM {} WHERE mailbox_id = ?"
    return {table: len(await tx.rows(sql.format(table), mailbox.mailbox_id)) for table in tables}


async def fill(core: Core, clock: Clock, mailbox: MailboxRef) -> None:
    """Something into every table: mail, an expunge, a deleted folder, a POP3 lock, the fence of a sweep, rights, a mark."""
    found = await mailboxes.get(core, mailbox.address)
    inbox, _ = await add_messages(core, found, 3)
    await messages.expunge(core, ADMIN, mailbox, inbox, [Uid(1)], deleted_only=False)
    edit = metadata.Edit({"/private/comment": b"mine", "/shared/comment": b"ours"})
    await metadata.put(core, ADMIN, mailbox, mailbox.mailbox_id, inbox, edit)
    await folders.create(core, ADMIN, mailbox, "Old")
    await folders.delete(core, ADMIN, mailbox, "Old")
    await acl.replace(core, ADMIN, mailbox, inbox, [AclEntry("anyone", "lr")])
    await mailboxes.put(core, ADMIN, mailbox.address, MailboxChange(seen=Seen.PRIVATE))
    await messages.store_flags(core, ADMIN, mailbox, inbox, [Uid(2)], FlagChange("add", Flags.SEEN), MailboxId(9))
    await pop3_locks.acquire(core, ADMIN, mailbox, "worker")
    await add_messages(core, found, 1, Role.JUNK)
    await retention.put(core, ADMIN, RetentionPolicy("junk", "delete", 1, role=Role.JUNK))
    clock.forward(DAY_S)

    async def save(progress: int) -> None:
        pass

    assert await retention_sweep.sweep(core, 1, 0, save) == 1
    assert await indexing.index_all(core, 1) == 1


async def test_nothing_is_left_of_a_deleted_mailbox(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    ann = (await make_mailbox(core)).ref
    shard = shard_of(core, ann)
    await fill(core, clock, ann)
    filled = await shard.read(rows_by_table, (shard.engine, ann))
    assert len(filled) > 10
    assert [table for table, rows in filled.items() if not rows] == [], "a table that fill() does not fill"
    await mailboxes.delete(core, ADMIN, ann.address)
    left = await shard.read(rows_by_table, (shard.engine, ann))
    assert [table for table, rows in left.items() if rows] == []
