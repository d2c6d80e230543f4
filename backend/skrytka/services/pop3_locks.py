"""The exclusive lock that a POP3 session takes on its mailbox, and the leases that free the locks of dead workers."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections import defaultdict
from functools import cache
from pathlib import Path

import msgspec

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import Actor, MailboxRef
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import pop3_locks

RENEW_TIMEOUT_S = 4.0
"""What one shard may take of a round; less than the lease leaves over."""

_log = logging.getLogger(__name__)


class Pop3Lock(msgspec.Struct, frozen=True):
    mailbox: MailboxRef
    session: str
    worker: str


def worker_name() -> str:
    """What this process is called as a worker, the same from its first lock to its end; a forked process has its own."""
    return _name_of(os.getpid())


@cache
def _name_of(pid: int) -> str:
    return f"{socket.gethostname()}-{pid}-{secrets.token_hex(4)}"


async def acquire(core: Core, actor: Actor, mailbox: MailboxRef, worker: str) -> Pop3Lock:
    """Take the lock; ``InUse`` while another session of a living worker has it."""
    shard = shard_of(core, mailbox)
    holder = await shard.read(pop3_locks.holder, mailbox.mailbox_id)
    dead_worker = holder.worker if holder is not None and _is_dead(holder) else None
    lock = Pop3Lock(mailbox, secrets.token_hex(8), worker)
    values = pop3_locks.Acquire(mailbox.mailbox_id, lock.session, _lease(core, worker), dead_worker)
    sessions = core.state(_Sessions)[worker, mailbox.shard]
    sessions.add(lock.session)  # before the row is there: a renewal in between must not take it for one left behind
    try:
        await shard.write(pop3_locks.acquire, values)
    except BaseException:
        sessions.discard(lock.session)
        raise
    return lock


async def release(core: Core, lock: Pop3Lock) -> None:
    """Give the lock back; one that was lost meanwhile is no error, one that cannot be given back now goes at a renewal."""
    core.state(_Sessions)[lock.worker, lock.mailbox.shard].discard(lock.session)
    key = pop3_locks.LockKey(lock.mailbox.mailbox_id, lock.session)
    await shard_of(core, lock.mailbox).write(pop3_locks.release, key)


async def renew_worker(core: Core, worker: str) -> None:
    """Renew the worker's lease on the shards where its sessions hold locks. Called every 5 s; 15 s without free them.

    Shards are renewed side by side and each in bounded time, so that one that hangs costs the locks of no other.
    """
    shards = [shard for holder, shard in core.state(_Sessions) if holder == worker]
    await asyncio.gather(*(_renew_or_log(core, worker, shard) for shard in shards))


async def _renew_or_log(core: Core, worker: str, shard: str) -> None:
    try:
        async with asyncio.timeout(RENEW_TIMEOUT_S):
            await _renew(core, worker, shard)
    except (Unavailable, TimeoutError) as error:
        _log.warning("POP3 locks on %s are not renewed: %s", shard, str(error) or "it does not answer")


async def _renew(core: Core, worker: str, shard: str) -> None:
    """The lease, and away with locks that no session has.

    A session that was cancelled, or cut off from the store, while it took or gave back its lock cannot know what became of
    the row: the store may write it any time later. The worker lives on and renews, so nobody else would ever remove it.
    """
    sessions = core.state(_Sessions)[worker, shard]
    if sessions:
        await core.shards[shard].write(pop3_locks.renew, _lease(core, worker))
    for key in await core.shards[shard].read(pop3_locks.of_worker, worker):
        if key.session not in sessions:
            await core.shards[shard].write(pop3_locks.release, key)


class _Sessions(defaultdict[tuple[str, str], set[str]]):
    """The sessions of this process that have a lock or are about to, by worker and shard; a key stays once it was there."""

    def __init__(self) -> None:
        super().__init__(set)


def _lease(core: Core, worker: str) -> pop3_locks.WorkerLease:
    return pop3_locks.WorkerLease(worker, _host(), os.getpid(), now(core))


@cache
def _host() -> str:
    """This machine, boot and process namespace: only in there does a process number mean the same process."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    namespace = Path("/proc/self/ns/pid")
    if not boot.exists():
        return socket.gethostname()
    return f"{socket.gethostname()} {boot.read_text('ascii').strip()} {namespace.readlink()}"


def _is_dead(holder: pop3_locks.Holder) -> bool:
    """True only when the holder's process is known to be gone; elsewhere its lease has to run out."""
    if holder.pid is None or holder.host != _host():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, as somebody else's
    return False
