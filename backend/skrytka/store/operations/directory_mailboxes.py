"""SQL of mailboxes in the directory. The shard's copy of limits and status is written by ``shard_mailboxes``.

``pending`` is set by every change that the shard must learn of and cleared, for that version, once it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from skrytka import errors
from skrytka.model import Mailbox, MailboxId, MailboxRef, Namespace, Precondition, Quota, Seen, State, Status
from skrytka.store.interface import Row, Tx
from skrytka.store.operations import credentials, domains, sequences, versions
from skrytka.store.operations.credentials import Verifiers

T = TypeVar("T")

COLUMNS = (
    "mailbox_id, shard, address, domain, display_name, status, state, quota_octets, quota_messages,"
    " login_enabled, created_at, namespace, seen, version, pending"
)
_VERSION, _PENDING = 13, 14


class MailboxWrite(msgspec.Struct, frozen=True, kw_only=True):
    """Values are final: defaults are put in by the service. ``created`` is what a new mailbox has where a field is UNSET."""

    address: str
    domain: str
    display_name: str | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    namespace: Namespace | UnsetType = UNSET
    quota_octets: int | UnsetType | None = UNSET
    quota_messages: int | UnsetType | None = UNSET
    seen: Seen | UnsetType = UNSET
    verifiers: Verifiers | UnsetType | None = UNSET
    default_quota: Quota = Quota()
    shards: Sequence[str]
    only_if: Precondition
    now: int


class MailboxWritten(msgspec.Struct, frozen=True):
    """``pending`` says that the shard is still to be told."""

    mailbox: Mailbox
    created: bool
    pending: bool


UID_VALIDITY_MARK = "uid_validity"
"""The mark above every UIDVALIDITY of mailboxes that were deleted."""


class MailboxDelete(msgspec.Struct, frozen=True):
    """``uid_validity_mark`` is above every UIDVALIDITY of the mailbox."""

    mailbox_id: MailboxId
    address: str
    only_if: Precondition
    uid_validity_mark: int


class MailboxPage(msgspec.Struct, frozen=True):
    domain: str | None
    after: str
    limit: int


class MailboxScan(msgspec.Struct, frozen=True):
    """A walk over all mailboxes in the order of their ids."""

    after_id: int
    limit: int


class Settled(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    version: int


def read_mailbox(row: Row) -> Mailbox:
    mailbox_id, shard, address, domain, display_name, status, state = row[:7]
    octets, messages, login, created_at, namespace, seen, version = row[7:_PENDING]
    return Mailbox(
        ref=MailboxRef(MailboxId(mailbox_id), shard, address or ""),
        domain=domain,
        display_name=display_name,
        status=Status(status),
        state=State(state),
        quota=Quota(octets, messages),
        login_enabled=bool(login),
        created_at=created_at,
        version=version,
        namespace=Namespace(namespace),
        seen=Seen(seen),
    )


async def put(tx: Tx, write: MailboxWrite) -> MailboxWritten:
    """Create or change. ``Duplicate`` when another transaction created it meanwhile: then run again."""
    row = await tx.row(f"UPDATE mailbox SET version = version WHERE address = ? RETURNING {COLUMNS}", write.address)
    versions.check(row[_VERSION] if row else None, write.only_if, "mailbox")
    if row is None:
        return MailboxWritten(await _insert(tx, write), created=True, pending=True)
    return await _update(tx, write, read_mailbox(row), pending=bool(row[_PENDING]))


async def _insert(tx: Tx, write: MailboxWrite) -> Mailbox:
    await domains.take_address(tx, write.domain)
    if await tx.row("SELECT 1 FROM alias WHERE alias = ?", write.address):
        raise errors.AlreadyExists("alias", write.address)
    mailbox_id = MailboxId(await sequences.next_value(tx, "mailbox"))
    mailbox = _new(write, mailbox_id)
    await tx.execute(
        "INSERT INTO mailbox (tenant_id, mailbox_id, shard, address, domain, display_name, status, state, quota_octets,"
        " quota_messages, login_enabled, created_at, namespace, seen, version, pending)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)",
        domains.DEFAULT_TENANT,
        mailbox_id,
        mailbox.ref.shard,
        write.address,
        write.domain,
        mailbox.display_name,
        mailbox.status.value,
        mailbox.state.value,
        mailbox.quota.storage_octets,
        mailbox.quota.messages,
        int(mailbox.login_enabled),
        write.now,
        mailbox.namespace.value,
        mailbox.seen.value,
    )
    if write.verifiers:
        await credentials.replace(tx, mailbox_id, write.verifiers, write.now)
    return mailbox


def _new(write: MailboxWrite, mailbox_id: MailboxId) -> Mailbox:
    """A mailbox as it is created, on the shard that its number falls to."""
    return Mailbox(
        ref=MailboxRef(mailbox_id, write.shards[mailbox_id % len(write.shards)], write.address),
        domain=write.domain,
        display_name=_or(write.display_name, ""),
        status=_or(write.status, Status.ACTIVE),
        state=State.CREATING,
        quota=Quota(
            _or(write.quota_octets, write.default_quota.storage_octets),
            _or(write.quota_messages, write.default_quota.messages),
        ),
        login_enabled=bool(write.verifiers),
        created_at=write.now,
        version=1,
        namespace=_or(write.namespace, Namespace.OTHERS),
        seen=_or(write.seen, Seen.SHARED),
    )


async def _update(tx: Tx, write: MailboxWrite, current: Mailbox, *, pending: bool) -> MailboxWritten:
    login = current.login_enabled if write.verifiers is UNSET else write.verifiers is not None
    changed = msgspec.structs.replace(
        current,
        display_name=_or(write.display_name, current.display_name),
        status=_or(write.status, current.status),
        quota=Quota(
            _or(write.quota_octets, current.quota.storage_octets),
            _or(write.quota_messages, current.quota.messages),
        ),
        login_enabled=login,
        namespace=_or(write.namespace, current.namespace),
        seen=_or(write.seen, current.seen),
    )
    if changed == current and not write.verifiers:
        return MailboxWritten(current, created=False, pending=pending)
    row = await tx.row(
        "UPDATE mailbox SET display_name = ?, status = ?, quota_octets = ?, quota_messages = ?, login_enabled = ?,"
        f" namespace = ?, seen = ?, version = version + 1, pending = 1 WHERE mailbox_id = ? RETURNING {COLUMNS}",
        changed.display_name,
        changed.status.value,
        changed.quota.storage_octets,
        changed.quota.messages,
        int(login),
        changed.namespace.value,
        changed.seen.value,
        current.ref.mailbox_id,
    )
    assert row is not None, "the row is locked since it was read"
    if not isinstance(write.verifiers, UnsetType):
        await credentials.replace(tx, current.ref.mailbox_id, write.verifiers, write.now)
    return MailboxWritten(read_mailbox(row), created=False, pending=True)


def _or(value: T | UnsetType, otherwise: T) -> T:
    return otherwise if isinstance(value, UnsetType) else value


async def get(tx: Tx, address: str) -> Mailbox | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM mailbox WHERE address = ?", address)
    return read_mailbox(row) if row else None


async def get_by_id(tx: Tx, mailbox_id: MailboxId) -> Mailbox | None:
    row = await tx.row(f"SELECT {COLUMNS} FROM mailbox WHERE mailbox_id = ?", mailbox_id)
    return read_mailbox(row) if row else None


async def page(tx: Tx, asked: MailboxPage) -> list[Mailbox]:
    """By address, without those being deleted."""
    if asked.domain is None:
        sql = f"SELECT {COLUMNS} FROM mailbox WHERE address > ? ORDER BY address LIMIT ?"
        rows = await tx.rows(sql, asked.after, asked.limit)
    else:
        sql = f"SELECT {COLUMNS} FROM mailbox WHERE domain = ? AND address > ? ORDER BY address LIMIT ?"
        rows = await tx.rows(sql, asked.domain, asked.after, asked.limit)
    return [read_mailbox(row) for row in rows]


async def scan(tx: Tx, asked: MailboxScan) -> list[Mailbox]:
    """By id, in every state."""
    sql = f"SELECT {COLUMNS} FROM mailbox WHERE mailbox_id > ? ORDER BY mailbox_id LIMIT ?"
    return [read_mailbox(row) for row in await tx.rows(sql, asked.after_id, asked.limit)]


async def scan_pending(tx: Tx, asked: MailboxScan) -> list[Mailbox]:
    """By id, those whose shard is still to be told something."""
    sql = f"SELECT {COLUMNS} FROM mailbox WHERE pending = 1 AND mailbox_id > ? ORDER BY mailbox_id LIMIT ?"
    return [read_mailbox(row) for row in await tx.rows(sql, asked.after_id, asked.limit)]


async def get_settled(tx: Tx, mailbox_id: MailboxId) -> Mailbox | None:
    """The mailbox, unless its shard is still to be told something: then the background work will."""
    row = await tx.row(f"SELECT {COLUMNS} FROM mailbox WHERE mailbox_id = ? AND pending = 0", mailbox_id)
    return read_mailbox(row) if row else None


async def settle(tx: Tx, settled: Settled) -> bool:
    """The shard knows this version: a mailbox being created becomes active. A newer version stays pending.

    False when the mailbox has been deleted meanwhile.
    """
    alive = await tx.execute(
        "UPDATE mailbox SET state = CASE state WHEN 'creating' THEN 'active' ELSE state END,"
        " pending = CASE version WHEN ? THEN 0 ELSE pending END WHERE mailbox_id = ? AND address IS NOT NULL",
        settled.version,
        settled.mailbox_id,
    )
    return alive > 0


async def begin_deletion(tx: Tx, asked: MailboxDelete) -> Mailbox:
    """From this commit on the mailbox is invisible and its address free; its rows on the shard go afterwards."""
    row = await tx.row(
        "UPDATE mailbox SET former_address = address, address = NULL, state = 'deleting', pending = 1, login_enabled = 0,"
        f" version = version + 1 WHERE address = ? AND mailbox_id = ? RETURNING {COLUMNS}",
        asked.address,
        asked.mailbox_id,
    )
    if row is None:
        raise errors.NotFound("mailbox", asked.address)
    mailbox = read_mailbox(row)
    versions.check(mailbox.version - 1, asked.only_if, "mailbox")
    await sequences.raise_to(tx, UID_VALIDITY_MARK, asked.uid_validity_mark)
    await tx.execute("DELETE FROM credential WHERE mailbox_id = ?", mailbox.ref.mailbox_id)
    await tx.execute("DELETE FROM grantee WHERE mailbox_id = ?", mailbox.ref.mailbox_id)
    await tx.execute("DELETE FROM grantee WHERE grantee_id = ?", mailbox.ref.mailbox_id)
    gone = await tx.rows("DELETE FROM alias WHERE mailbox_id = ? RETURNING domain", mailbox.ref.mailbox_id)
    names = [mailbox.domain, *(domain for (domain,) in gone)]
    for name in sorted(set(names)):
        await domains.give_addresses(tx, name, names.count(name))
    return mailbox


async def finish_deletion(tx: Tx, mailbox_id: MailboxId) -> None:
    await tx.execute("DELETE FROM mailbox WHERE mailbox_id = ? AND state = 'deleting'", mailbox_id)
