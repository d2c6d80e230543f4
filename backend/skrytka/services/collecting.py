"""Removing what nobody refers to any more: contents after the grace of their expunge, deleted folders, old log rows, blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from skrytka.core import Core
from skrytka.errors import NotFound, Unavailable
from skrytka.model import MailboxId
from skrytka.services.shards import now
from skrytka.store.interface import Database, Tx
from skrytka.store.operations import collecting, contents, deployments, pop3_locks

LOG_KEPT_S = 30 * 24 * 3600
"""How much longer than its content the log row of an expunge is kept: that long a client may stay away and resynchronise."""

BLOB_GRACE_S = 3_600

WORKERS_KEPT_S = 600
"""A lease lasts 15 s; what was not renewed for so long will not be."""

_CANDIDATES = 50_000
_KEYS_ASKED = 500

Due = Callable[[Tx, int], Awaitable[list[MailboxId]]]
Collect = Callable[[Tx, collecting.Collect], Awaitable[int]]


async def collect_expired(core: Core, shard_name: str, before: int) -> int:
    """Collect what was expunged or deleted on a shard before then; returns how many rows were done. May be repeated."""
    shard = core.shards[shard_name]
    done = await _collect_folders(shard, before)
    done += await _drain(shard, collecting.due_expunges, collecting.collect_expunged, before)
    done += await _drain(shard, collecting.due_log, collecting.trim_log, before - LOG_KEPT_S)
    await _forget_dead_workers(core, shard_name)
    return done


async def _forget_dead_workers(core: Core, shard_name: str) -> None:
    """Who is silent by the clock, and then at a look ``LEASE_S`` later by ``core.elapsed``: a clock that is set forward makes
    every worker look silent until its next renewal."""
    shard, seen = core.shards[shard_name], core.state(_Silent).seen
    silent = await shard.read(pop3_locks.leases_before, now(core) - WORKERS_KEPT_S)
    before = seen.get(shard_name, {})
    looked_at = core.elapsed()
    since = seen[shard_name] = {lease: before.get(lease, looked_at) for lease in silent}
    for lease, first in since.items():
        if looked_at - first > pop3_locks.LEASE_S:
            await shard.write(pop3_locks.forget_worker, lease)


class _Silent:
    """When this process first saw a lease that had run out, by shard."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[tuple[str, int], float]] = {}


async def _collect_folders(shard: Database, before: int) -> int:
    done = 0
    while True:
        before_round = done
        for due in await shard.read(collecting.due_folders, before):
            values = collecting.Collect(due.mailbox_id, before, due.folder_id)
            try:
                while await shard.write(collecting.collect_folder, values):
                    done += 1
                done += 1
            except NotFound:
                continue  # the whole mailbox is being deleted, and its rows with it
        if done == before_round:
            return done


async def _drain(shard: Database, due: Due, collect: Collect, before: int) -> int:
    done = 0
    while True:
        before_round = done
        for mailbox_id in await shard.read(due, before):
            try:
                done += await shard.write(collect, collecting.Collect(mailbox_id, before))
            except NotFound:
                continue  # as above
        if done == before_round:
            return done


class Candidate(msgspec.Struct, frozen=True):
    """A blob that nobody named at an earlier look: when it was put by its store's clock, and when it was seen so by ours."""

    put_at: int
    seen_at: float


class _Candidates(dict[str, Candidate]):
    """By key, what the last look found."""


async def collect_blobs(core: Core) -> int:
    """Delete blobs that no shard names; returns how many.

    A blob must be older than the grace by the clock of its store, and have been so, unreferenced and not put again, for as
    long by ``core.elapsed``: a clock that is set forward between a put and its commit makes no new blob old. A delivery that
    reuses a blob renews its age before it commits the reference, and a blob whose age was renewed is not deleted.
    """
    await _require_all_shards(core)
    known = core.state(_Candidates)
    oldest, seen_at = await core.blobs.now() - BLOB_GRACE_S, core.elapsed()
    waiting: dict[str, Candidate] = {}
    deleted = 0
    async for found in _old_blobs(core, oldest):
        for key in await _unreferenced(core, list(found)):
            candidate = known.get(key)
            if candidate is None or candidate.put_at != found[key]:
                candidate = Candidate(found[key], seen_at)
            if seen_at - candidate.seen_at >= BLOB_GRACE_S:
                deleted += await core.blobs.delete(key, candidate.put_at + 1)
            elif len(waiting) < _CANDIDATES:
                waiting[key] = candidate
    known.clear()
    known.update(waiting)
    return deleted


async def _require_all_shards(core: Core) -> None:
    """A shard that this process does not know may name any blob."""
    missing = await core.directory.read(deployments.shards_in_use, None) - set(core.shards)
    if missing:
        raise Unavailable(f"The shard {min(missing)!r} is not configured here")


async def _old_blobs(core: Core, oldest: int) -> AsyncIterator[dict[str, int]]:
    """Keys last put before then with that time, some at a time."""
    found: dict[str, int] = {}
    async for key, put_at in core.blobs.keys():
        if put_at < oldest:
            found[key] = put_at
        if len(found) >= _KEYS_ASKED:
            yield found
            found = {}
    if found:
        yield found


async def _unreferenced(core: Core, keys: Sequence[str]) -> list[str]:
    left = set(keys)
    for shard in core.shards.values():
        if left:
            left -= await shard.read(contents.referenced_blobs, contents.BlobKeys(tuple(sorted(left))))
    return sorted(left)
