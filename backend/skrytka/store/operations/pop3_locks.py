"""The exclusive lock of a POP3 session (RFC 1939 section 4): a row naming session and worker, freed with the worker."""

from __future__ import annotations

import msgspec

from skrytka.errors import InUse, LockLost
from skrytka.model import MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations.locking import hold

LEASE_S = 15
CLOCK_SLACK_S = 300
"""How far the clocks of two hosts may be apart; what was renewed later than that from now was so by a clock that was wrong."""


class LockKey(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    session: str


class WorkerLease(msgspec.Struct, frozen=True):
    """``host`` names a machine, its boot and its process namespace, so that ``pid`` means one process there."""

    worker: str
    host: str
    pid: int
    now: int


class Acquire(msgspec.Struct, frozen=True):
    """``dead_worker`` is one that the caller knows to be dead, whatever its lease says."""

    mailbox_id: MailboxId
    session: str
    lease: WorkerLease
    dead_worker: str | None


class Holder(msgspec.Struct, frozen=True):
    worker: str
    host: str | None
    pid: int | None


async def holder(tx: Tx, mailbox_id: MailboxId) -> Holder | None:
    row = await tx.row(
        "SELECT l.worker, w.host, w.pid FROM pop3_lock l LEFT JOIN worker_lease w ON w.worker = l.worker"
        " WHERE l.mailbox_id = ?",
        mailbox_id,
    )
    return None if row is None else Holder(*row)


async def acquire(tx: Tx, values: Acquire) -> None:
    """Take the lock when nobody holds it, or its holder is dead or has not renewed its lease."""
    await hold(tx, values.mailbox_id)
    row = await tx.row(
        "SELECT l.worker, w.renewed_at FROM pop3_lock l LEFT JOIN worker_lease w ON w.worker = l.worker"
        " WHERE l.mailbox_id = ?",
        values.mailbox_id,
    )
    if row is not None:
        worker, renewed_at = row
        now = values.lease.now
        lives = renewed_at is not None and now - LEASE_S < renewed_at <= now + CLOCK_SLACK_S
        if lives and worker != values.dead_worker:
            raise InUse("Another POP3 session has the mailbox")
        await tx.execute("DELETE FROM pop3_lock WHERE mailbox_id = ?", values.mailbox_id)
    await renew(tx, values.lease)
    await tx.execute(
        "INSERT INTO pop3_lock (mailbox_id, session, worker, acquired_at) VALUES (?, ?, ?, ?)",
        values.mailbox_id,
        values.session,
        values.lease.worker,
        values.lease.now,
    )


async def renew(tx: Tx, values: WorkerLease) -> None:
    await tx.execute(
        "INSERT INTO worker_lease (worker, renewed_at, host, pid) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (worker) DO UPDATE SET renewed_at = excluded.renewed_at",
        values.worker,
        values.now,
        values.host,
        values.pid,
    )


async def verify(tx: Tx, values: LockKey) -> None:
    """The caller's transaction goes on only while the session still owns its lock."""
    row = await tx.row("SELECT session FROM pop3_lock WHERE mailbox_id = ?", values.mailbox_id)
    if row is None or row[0] != values.session:
        raise LockLost("Another session took over the mailbox; nothing was deleted")


async def of_worker(tx: Tx, worker: str) -> list[LockKey]:
    """The locks of a worker's sessions."""
    rows = await tx.rows("SELECT mailbox_id, session FROM pop3_lock WHERE worker = ?", worker)
    return [LockKey(MailboxId(mailbox_id), session) for mailbox_id, session in rows]


async def release(tx: Tx, values: LockKey) -> None:
    await tx.execute("DELETE FROM pop3_lock WHERE mailbox_id = ? AND session = ?", values.mailbox_id, values.session)


async def leases_before(tx: Tx, before: int) -> list[tuple[str, int]]:
    """Workers whose lease was last renewed before then, and when."""
    rows = await tx.rows("SELECT worker, renewed_at FROM worker_lease WHERE renewed_at < ?", before)
    return [(worker, renewed_at) for worker, renewed_at in rows]


async def forget_worker(tx: Tx, lease: tuple[str, int]) -> None:
    """A lease that was not renewed since, and the locks that hang on it."""
    if await tx.execute("DELETE FROM worker_lease WHERE worker = ? AND renewed_at = ?", *lease):
        await tx.execute("DELETE FROM pop3_lock WHERE worker = ?", lease[0])
