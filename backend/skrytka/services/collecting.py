"""Removing what nobody refers to any more: contents after the grace of their expunge, deleted folders, old log rows, blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import MailboxId
from skrytka.services.shards import now
from skrytka.store.interface import Database, Tx
from skrytka.store.operations import collecting, contents, pop3_locks

LOG_KEPT_S = 30 * 24 * 3600
"""How much longer than its content the log row of an expunge is kept: that long a client may stay away and resynchronise."""

BLOB_GRACE_S = 3_600

_CANDIDATES = 10_000
_KEYS_ASKED = 500

Due = Callable[[Tx, int], Awaitable[list[MailboxId]]]
Collect = Callable[[Tx, collecting.Collect], Awaitable[int]]


async def collect_expired(core: Core, shard_name: str, before: int) -> int:
    """Collect what was expunged or deleted on a shard before then; returns how many rows were done. May be repeated."""
    shard = core.shards[shard_name]
    done = await _collect_folders(shard, before)
    done += await _drain(shard, collecting.due_expunges, collecting.collect_expunged, before)
    done += await _drain(shard, collecting.due_log, collecting.trim_log, before - LOG_KEPT_S)
    await shard.write(pop3_locks.forget_dead_workers, before)
    return done


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


async def collect_blobs(core: Core) -> int:
    """Delete blobs that no shard names; returns how many.

    A blob must be older than the grace, unreferenced, and both again at a second look that lists the store anew. A delivery
    that reuses a blob renews its age before it commits the reference, and a blob whose age was renewed is not deleted: a
    reference that the second look did not see belongs to such a blob.
    """
    oldest = now(core) - BLOB_GRACE_S
    candidates: list[str] = []
    async for keys in _old_keys(core, oldest, None):
        candidates += await _unreferenced(core, keys)
        if len(candidates) >= _CANDIDATES:
            break
    deleted = 0
    if not candidates:
        return deleted
    async for keys in _old_keys(core, oldest, frozenset(candidates)):
        for key in await _unreferenced(core, keys):
            deleted += await core.blobs.delete(key, oldest)
    return deleted


async def _old_keys(core: Core, oldest: int, among: frozenset[str] | None) -> AsyncIterator[list[str]]:
    """Keys last put before then, some at a time."""
    keys: list[str] = []
    async for key, put_at in core.blobs.keys():
        if put_at < oldest and (among is None or key in among):
            keys.append(key)
        if len(keys) >= _KEYS_ASKED:
            yield keys
            keys = []
    if keys:
        yield keys


async def _unreferenced(core: Core, keys: Sequence[str]) -> list[str]:
    left = set(keys)
    for shard in core.shards.values():
        if left:
            left -= await shard.read(contents.referenced_blobs, contents.BlobKeys(tuple(sorted(left))))
    return sorted(left)
