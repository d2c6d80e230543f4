"""The exclusive lock that a POP3 session takes on its mailbox, and the leases that free the locks of dead workers."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import Actor, MailboxRef
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import pop3_locks

_CACHE = "pop3_locks"


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
    try:
        await shard.write(pop3_locks.acquire, values)
    except (asyncio.CancelledError, Unavailable):
        _locks(core).unreleased.append(lock)  # it may have been committed, and nobody would ever release it
        raise
    _locks(core).held[worker, mailbox.shard] += 1
    return lock


async def release(core: Core, lock: Pop3Lock) -> None:
    """Give the lock back; one that was lost meanwhile is no error, and one that cannot be given back now is kept in mind."""
    locks = _locks(core)
    locks.held[lock.worker, lock.mailbox.shard] -= 1
    locks.held += Counter()
    try:
        await _release(core, lock)
    except (asyncio.CancelledError, Unavailable):
        locks.unreleased.append(lock)
        raise


async def _release(core: Core, lock: Pop3Lock) -> None:
    key = pop3_locks.LockKey(lock.mailbox.mailbox_id, lock.session)
    await shard_of(core, lock.mailbox).write(pop3_locks.release, key)


async def renew_worker(core: Core, worker: str) -> None:
    """Renew the worker's lease on the shards where its sessions hold locks. Called every 5 s; 15 s without free them."""
    locks = _locks(core)
    for holder, shard in list(locks.held):
        if holder == worker:
            await core.shards[shard].write(pop3_locks.renew, _lease(core, worker))
    while locks.unreleased:
        await _release(core, locks.unreleased[-1])
        locks.unreleased.pop()


@dataclass(slots=True)
class _Locks:
    """``held``: how many locks each worker of this process holds on each shard; where there are none, no lease is renewed.

    ``unreleased``: locks that a failure or a cancelled session left in the store while their worker lives on.
    """

    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreleased: list[Pop3Lock] = field(default_factory=list)


def _locks(core: Core) -> _Locks:
    locks: _Locks = core.caches.setdefault(_CACHE, _Locks())
    return locks


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
        return False
    return False
