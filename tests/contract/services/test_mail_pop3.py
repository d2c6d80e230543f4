"""The POP3 lock, UIDL, download stamps and the deletes of QUIT."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from skrytka.core import Core
from skrytka.errors import InUse, LockLost, Unavailable
from skrytka.model import Actor, MailboxRef, Quota, Status, Uid
from skrytka.services import folders, messages, pop3_locks
from skrytka.services.shards import shard_of
from skrytka.store.interface import Row, Tx
from skrytka.store.operations import pop3_locks as rows
from skrytka.store.operations import shard_mailboxes
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, uids
from tests.contract.shards import Interrupted, ReadOnly


async def test_one_session_at_a_time(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    tries = await asyncio.gather(
        *(pop3_locks.acquire(core, ACTOR, mailbox, f"worker {number}") for number in range(4)), return_exceptions=True
    )
    locks = [one for one in tries if isinstance(one, pop3_locks.Pop3Lock)]
    assert len(locks) == 1
    assert sum(isinstance(one, InUse) for one in tries) == 3
    await pop3_locks.release(core, locks[0])
    second = await pop3_locks.acquire(core, ACTOR, mailbox, "worker 1")
    await pop3_locks.release(core, locks[0])
    with pytest.raises(InUse):
        await pop3_locks.acquire(core, ACTOR, mailbox, "worker 1")
    await pop3_locks.release(core, second)


async def test_a_worker_that_does_not_renew_loses_its_locks(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2)
    first = await pop3_locks.acquire(core, ACTOR, mailbox, "slow")
    clock.now += 10
    await pop3_locks.renew_worker(core, "slow")
    clock.now += 10
    with pytest.raises(InUse):
        await pop3_locks.acquire(core, ACTOR, mailbox, "other")
    clock.now += 5
    second = await pop3_locks.acquire(core, ACTOR, mailbox, "other")
    with pytest.raises(LockLost):
        await messages.pop3_delete(core, ACTOR, mailbox, first, [Uid(1)])
    assert await uids(core, mailbox) == [1, 2]
    await messages.pop3_delete(core, ACTOR, mailbox, second, [Uid(1)])
    assert await uids(core, mailbox) == [2]
    await pop3_locks.release(core, second)
    with pytest.raises(LockLost):
        await messages.pop3_delete(core, ACTOR, mailbox, second, [Uid(2)])
    await assert_counted(core, mailbox)


async def test_a_worker_known_to_be_dead_loses_its_locks_at_once(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    for pid, lives in ((child.pid, False), (os.getppid(), True)):
        lease = rows.WorkerLease(f"worker {pid}", pop3_locks._host(), pid, int(core.now()))
        values = rows.Acquire(mailbox.mailbox_id, "their session", lease, None)
        await shard_of(core, mailbox).write(rows.acquire, values)
        if lives:
            with pytest.raises(InUse):
                await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")
        else:
            lock = await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")
            await pop3_locks.release(core, lock)


async def test_a_lock_taken_by_a_cancelled_session_is_given_back(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    other = await make_mailbox()
    await pop3_locks.acquire(core, ACTOR, other, "worker")
    session = asyncio.ensure_future(pop3_locks.acquire(core, ACTOR, mailbox, "worker"))
    while not await shard_of(core, mailbox).read(rows.holder, mailbox.mailbox_id) and not session.done():
        await asyncio.sleep(0)
        session.cancel()
    await asyncio.wait([session])
    assert session.cancelled()
    await append(core, mailbox)
    await pop3_locks.renew_worker(core, "worker")
    lock = await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")
    await pop3_locks.release(core, lock)
    with pytest.raises(InUse):
        await pop3_locks.acquire(core, ACTOR, other, "worker 2")


async def test_a_lock_that_no_session_has_goes_at_the_next_renewal(core: Core, make_mailbox: MakeMailbox) -> None:
    """PostgreSQL may commit the lock of a session that was cancelled or cut off long after that session is gone."""
    mailbox, other = await make_mailbox(), await make_mailbox()
    await pop3_locks.acquire(core, ACTOR, other, "worker")
    lease = rows.WorkerLease("worker", pop3_locks._host(), os.getpid(), int(core.now()))
    await shard_of(core, mailbox).write(rows.acquire, rows.Acquire(mailbox.mailbox_id, "nobody's", lease, None))
    with pytest.raises(InUse):
        await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")
    await pop3_locks.renew_worker(core, "worker")
    await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")
    await pop3_locks.renew_worker(core, "worker")
    for locked in (mailbox, other):
        with pytest.raises(InUse):
            await pop3_locks.acquire(core, ACTOR, locked, "worker 3")


async def test_a_lock_that_could_not_be_given_back_goes_at_a_renewal(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox, other = await make_mailbox(), await make_mailbox()
    lock = await pop3_locks.acquire(core, ACTOR, mailbox, "worker")
    await pop3_locks.acquire(core, ACTOR, other, "worker")
    full = replace(core, shards={mailbox.shard: ReadOnly(shard_of(core, mailbox))})
    with pytest.raises(Unavailable):
        await pop3_locks.release(full, lock)
    await pop3_locks.renew_worker(core, "worker")
    await pop3_locks.acquire(core, ACTOR, mailbox, "worker 2")


async def test_a_shard_that_hangs_costs_the_locks_of_no_other(
    core: Core,
    make_mailbox: MakeMailbox,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pop3_locks, "RENEW_TIMEOUT_S", 0.2)
    here = await make_mailbox()
    there = MailboxRef(here.mailbox_id, "shard-1", here.address)
    new = shard_mailboxes.NewShardMailbox(here.mailbox_id, Quota(), Status.ACTIVE, 1, 0, 1)
    await core.shards["shard-1"].write(shard_mailboxes.create_mailbox, new)
    for mailbox in (here, there):
        await pop3_locks.acquire(core, ACTOR, mailbox, "worker")
    hanging = Interrupted(core.shards["shard-0"], rows.renew, asyncio.Event().wait)
    clock.now += rows.LEASE_S
    await pop3_locks.renew_worker(replace(core, shards={**core.shards, "shard-0": hanging}), "worker")
    assert "POP3 locks on shard-0 are not renewed" in caplog.text
    with pytest.raises(InUse):
        await pop3_locks.acquire(core, ACTOR, there, "worker 2")
    await pop3_locks.acquire(core, ACTOR, here, "worker 2")


async def test_a_lease_from_the_future_holds_nobody_up(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    """Of a worker on another host that died while its clock was a month ahead."""
    mailbox = await make_mailbox()
    lease = rows.WorkerLease("elsewhere", "another host", 1, int(clock.now) + 30 * 86_400)
    await shard_of(core, mailbox).write(rows.acquire, rows.Acquire(mailbox.mailbox_id, "theirs", lease, None))
    await pop3_locks.acquire(core, ACTOR, mailbox, "worker")


async def test_uidls_last(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    for _ in range(2):
        await append(core, mailbox, 600)
    inbox = await folders.get(core, mailbox, "INBOX")
    listed = await messages.pop3_list(core, mailbox)
    assert [uidl for _, uidl in listed] == [f"1-{inbox.uid_validity}-{uid}" for uid in range(1, 1201)]
    assert [row for row, _ in listed[:1000]] == await messages.page(core, mailbox, INBOX, 0, 1000)


async def stamps(tx: Tx, mailbox_id: int) -> list[Row]:
    return await tx.rows(
        "SELECT first_download_at, first_download_by, last_download_at, last_download_by FROM message"
        " WHERE mailbox_id = ? ORDER BY uid",
        mailbox_id,
    )


async def test_downloads_are_stamped(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox: MailboxRef = await make_mailbox()
    await append(core, mailbox, 3)
    before = await folders.get(core, mailbox, "INBOX")
    start = int(clock.now)
    await messages.stamp_downloads(core, Actor("ann", "pop3"), mailbox, INBOX, [Uid(1), Uid(2)])
    clock.now += 60
    await messages.stamp_downloads(core, Actor("app", "pop3"), mailbox, INBOX, [Uid(2)])
    assert await shard_of(core, mailbox).read(stamps, mailbox.mailbox_id) == [
        (start, "ann", start, "ann"),
        (start, "ann", start + 60, "app"),
        (None, None, None, None),
    ]
    assert await folders.get(core, mailbox, "INBOX") == before
