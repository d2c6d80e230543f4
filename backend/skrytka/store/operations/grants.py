"""SQL of the directory's index of grants: in which mailboxes somebody may find folders that others share."""

from __future__ import annotations

import msgspec

from skrytka.model import MailboxId, MailboxRef, Namespace
from skrytka.store.interface import Row, Tx

ANYONE_ID = 0


class Grant(msgspec.Struct, frozen=True):
    """``domain`` is that of the mailbox where ``grantee_id`` is 0, else empty."""

    grantee_id: int
    domain: str
    mailbox_id: MailboxId


class Noted(msgspec.Struct, frozen=True):
    grants: tuple[Grant, ...]
    now: int


class Reader(msgspec.Struct, frozen=True):
    """Who looks for what is shared with him, and the page of owners that he is at, by address."""

    mailbox_id: MailboxId
    domain: str
    after: str
    limit: int


class Owner(msgspec.Struct, frozen=True):
    """Whose folders others may have rights to, and where they find them. ``noted_at`` is when the index was last told so."""

    mailbox: MailboxRef
    namespace: Namespace
    noted_at: int


async def note(tx: Tx, values: Noted) -> None:
    sql = (
        "INSERT INTO grantee (grantee_id, domain, mailbox_id, noted_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (grantee_id, domain, mailbox_id) DO UPDATE SET noted_at = excluded.noted_at"
    )
    await tx.batch([(sql, (grant.grantee_id, grant.domain, grant.mailbox_id, values.now)) for grant in values.grants])


async def forget(tx: Tx, values: Noted) -> None:
    """Those of the rows that were written before then."""
    sql = "DELETE FROM grantee WHERE grantee_id = ? AND domain = ? AND mailbox_id = ? AND noted_at < ?"
    await tx.batch([(sql, (grant.grantee_id, grant.domain, grant.mailbox_id, values.now)) for grant in values.grants])


_SERVES = "m.state = 'active' AND m.status = 'active' AND d.status = 'active'"
_COLUMNS = "m.mailbox_id, m.shard, m.address, m.namespace"


def _read_owner(row: Row) -> Owner:
    return Owner(MailboxRef(MailboxId(row[0]), row[1], row[2]), Namespace(row[3]), row[4])


async def owner(tx: Tx, address: str) -> Owner | None:
    """The mailbox of that address, not of an alias, if it serves; whatever the index says."""
    row = await tx.row(
        f"SELECT {_COLUMNS}, 0 FROM mailbox m JOIN domain d ON d.name = m.domain WHERE m.address = ? AND {_SERVES}",
        address,
    )
    return _read_owner(row) if row else None


async def owners(tx: Tx, values: Reader) -> list[Owner]:
    """By address; only mailboxes that serve."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS}, MAX(g.noted_at) FROM grantee g"
        " JOIN mailbox m ON m.mailbox_id = g.mailbox_id JOIN domain d ON d.name = m.domain"
        " WHERE ((g.grantee_id = ? AND g.domain = '') OR (g.grantee_id = 0 AND g.domain = ?))"
        f" AND m.address > ? AND m.mailbox_id <> ? AND {_SERVES} GROUP BY {_COLUMNS} ORDER BY m.address LIMIT ?",
        values.mailbox_id,
        values.domain,
        values.after,
        values.mailbox_id,
        values.limit,
    )
    return [_read_owner(row) for row in rows]


async def of_mailbox(tx: Tx, mailbox_id: MailboxId) -> set[int]:
    """Whom the index names for a mailbox."""
    rows = await tx.rows("SELECT grantee_id FROM grantee WHERE mailbox_id = ?", mailbox_id)
    return {row[0] for row in rows}
