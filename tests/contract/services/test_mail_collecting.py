"""What collection may not take: contents within the grace of a copy, blobs that are named again at the second look."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from skrytka import errors
from skrytka.core import Core
from skrytka.model import NewMessage, Role, Uid
from skrytka.services import collecting, contents, messages, pop3_locks
from skrytka.store.interface import Tx
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, age_blobs, append, blob_keys, mail, role_id

GRACE_S = 600


async def test_a_content_stays_for_the_grace_of_a_copy_that_was_expunged_later(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    """A session that has not been told of the second expunge may still fetch the copy."""
    mailbox = await make_mailbox()
    await append(core, mailbox)
    trash = await role_id(core, mailbox, Role.TRASH)
    await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(1)], trash)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1)], deleted_only=False)
    clock.now += 500
    await messages.expunge(core, ACTOR, mailbox, trash, [Uid(1)], deleted_only=False)
    clock.now += 101
    assert await collecting.collect_expired(core, "shard-0", int(clock.now) - GRACE_S) == 1
    row = await messages.row(core, mailbox, trash, Uid(1))
    assert await contents.octets(core, mailbox, row.content_id) == mail("number 0")


async def test_a_dead_worker_is_forgotten_however_long_expunged_mail_is_kept(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    steady = Clock()
    core = replace(core, elapsed=steady)
    mailbox = await make_mailbox()
    await pop3_locks.acquire(core, ACTOR, mailbox, "dead")
    for seconds, left in ((collecting.WORKERS_KEPT_S, 1), (1, 1), (15, 1), (1, 0)):
        clock.now += seconds
        steady.now += seconds
        await collecting.collect_expired(core, "shard-0", int(clock.now) - 30 * 24 * 3_600)
        assert len(await core.shards["shard-0"].read(leases, None)) == left


async def test_a_clock_that_is_set_forward_takes_no_lock_of_a_living_worker(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    steady = Clock()
    core = replace(core, elapsed=steady)
    mailbox = await make_mailbox()
    lock = await pop3_locks.acquire(core, ACTOR, mailbox, "living")
    for _ in range(2):
        clock.now += 40 * 24 * 3_600
        await collecting.collect_expired(core, "shard-0", 0)
        steady.now += 20
        await pop3_locks.renew_worker(core, "living")
        await collecting.collect_expired(core, "shard-0", 0)
    with pytest.raises(errors.InUse):
        await pop3_locks.acquire(core, ACTOR, mailbox, "another")
    await pop3_locks.release(core, lock)


async def leases(tx: Tx, _: None) -> list[str]:
    return [row[0] for row in await tx.rows("SELECT worker FROM worker_lease")]


async def test_a_blob_that_is_named_again_before_the_second_look_stays(core: Core, make_mailbox: MakeMailbox) -> None:
    """Also where its age says nothing of it, as on a disk whose times are coarse or were set back."""
    mailbox = await make_mailbox()
    octets = b"Subject: same\r\n\r\n" + os.urandom(90_000)
    first = await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(octets)])
    await messages.expunge(core, ACTOR, mailbox, INBOX, first.uids, deleted_only=False)
    await collecting.collect_expired(core, "shard-0", int(core.now()) + 1)
    await age_blobs(core, 2 * collecting.BLOB_GRACE_S)
    (key,) = await blob_keys(core)
    (path,) = (Path(core.settings.data_dir) / "blobs").rglob(key)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    elapsed = Clock()
    core = replace(core, elapsed=elapsed)
    assert await collecting.collect_blobs(core) == 0

    second = await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(octets)])
    os.utime(path, ns=times)
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 0
    row = await messages.row(core, mailbox, INBOX, second.uids[0])
    assert await contents.octets(core, mailbox, row.content_id) == octets

    await messages.expunge(core, ACTOR, mailbox, INBOX, second.uids, deleted_only=False)
    await collecting.collect_expired(core, "shard-0", int(core.now()) + 1)
    assert await collecting.collect_blobs(core) == 0, "seen without a name for the first time again"
    elapsed.now += collecting.BLOB_GRACE_S
    assert await collecting.collect_blobs(core) == 1
