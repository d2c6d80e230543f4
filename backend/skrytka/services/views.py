"""UIDs and flags of folders in memory, one view per folder for all sessions of the process.

A view is checked against the store at every use, so it never hides what another process did; when the folder changed,
only the changes are read.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import FolderHead, FolderId, FolderView, MailboxId, MailboxRef
from skrytka.services import slices
from skrytka.services.shards import shard_of
from skrytka.services.view_merging import Head, Merging, empty, merge
from skrytka.store.interface import Database
from skrytka.store.operations import viewing
from skrytka.store.operations.folders import FolderKey
from skrytka.store.operations.folders import head as read_head

MESSAGES_KEPT = 2_000_000
"""Views are dropped, the longest unused first, beyond this many messages in all: about 13 octets each, plus keywords."""

Key = tuple[str, MailboxId, FolderId]


async def current(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> FolderView:
    """The folder as it is now. The same object for all sessions as long as nothing changes: one point read then."""
    shard = shard_of(core, mailbox)
    cache = core.state(ViewCache)
    key = (mailbox.shard, mailbox.mailbox_id, folder_id)
    while True:
        head = await shard.read(read_head, FolderKey(mailbox.mailbox_id, folder_id))
        if head is None:
            cache.drop(key)
            raise NotFound("folder", str(folder_id))
        known = cache.get(key)
        if known is not None and is_current(known, head):
            return known
        base = known if known is not None and known.uid_validity == head.uid_validity else None
        view = await cache.load(key, partial(_load, core, mailbox, folder_id, base))
        # A load that another session began before our look at the store may have missed what we saw; then look again.
        if view.highest_modseq >= head.highest_modseq and view.uid_validity == head.uid_validity:
            return view


def is_current(view: FolderView, head: FolderHead) -> bool:
    """Whether the view is what the folder was when its head was read."""
    return (
        view.highest_modseq == head.highest_modseq
        and view.uid_next == head.uid_next
        and view.uid_validity == head.uid_validity
    )


class ViewCache:
    """Views by folder, the least recently used first, and the loads that run now."""

    def __init__(self, messages_kept: int = MESSAGES_KEPT) -> None:
        self._views: OrderedDict[Key, FolderView] = OrderedDict()
        self._loads: dict[Key, asyncio.Task[FolderView]] = {}
        self._messages = 0
        self._messages_kept = messages_kept

    def get(self, key: Key) -> FolderView | None:
        view = self._views.get(key)
        if view is not None:
            self._views.move_to_end(key)
        return view

    def put(self, key: Key, view: FolderView) -> None:
        self.drop(key)
        self._views[key] = view
        self._messages += len(view.uids)
        while self._messages > self._messages_kept and len(self._views) > 1:
            self.drop(next(iter(self._views)))

    def drop(self, key: Key) -> None:
        view = self._views.pop(key, None)
        if view is not None:
            self._messages -= len(view.uids)

    async def load(self, key: Key, make: Callable[[], Coroutine[Any, Any, FolderView]]) -> FolderView:
        """Sessions that want the same folder share one load; one that is cancelled does not cancel it for the others.

        A load that has ended but was not yet forgotten is nobody's answer: awaiting it does not suspend, so that a
        session that saw a newer store would ask for it again and again, and the loop would never get to forget it.
        """
        task = self._loads.get(key)
        if task is None or task.done():
            task = asyncio.get_running_loop().create_task(self._loaded(key, make()))
            self._loads[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def _loaded(self, key: Key, load: Coroutine[Any, Any, FolderView]) -> FolderView:
        view = await load
        self.put(key, view)
        return view

    def _finished(self, key: Key, task: asyncio.Task[FolderView]) -> None:
        if self._loads.get(key) is task:
            del self._loads[key]
        if not task.cancelled():
            task.exception()  # taken note of: every session that waited may have been cancelled


async def _load(core: Core, mailbox: MailboxRef, folder_id: FolderId, known: FolderView | None) -> FolderView:
    """Read what changed since the view (everything, without one) until one statement says it all at one moment."""
    shard, turn = shard_of(core, mailbox), slices.Slice(core)
    view = known or empty(folder_id)
    while True:
        since = view.highest_modseq
        expunged_since = since if since else viewing.NO_EXPUNGES
        request = viewing.DeltaRequest(mailbox.mailbox_id, folder_id, since, expunged_since)
        delta = await shard.read(viewing.delta, request)
        if delta is None:
            raise NotFound("folder", str(folder_id))
        head = Head(delta.uid_validity, delta.uid_next, delta.highest_modseq)
        if since and delta.expunge_horizon > since:
            view = empty(folder_id)  # the log no longer reaches back to what is known
        elif delta.complete:
            return merge(view, head, delta.changed, delta.expunged)
        else:
            view = await _paged(shard, mailbox.mailbox_id, view, head, turn)
        await turn.next_if_over()


async def _paged(
    shard: Database, mailbox_id: MailboxId, view: FolderView, head: Head, turn: slices.Slice
) -> FolderView:
    """Everything that changed up to ``head``, chunk by chunk. What changes meanwhile is in the next delta.

    An empty view, to begin anew with, when the log of expunges was trimmed meanwhile of what had not been read yet.
    """
    since, merging = view.highest_modseq, Merging(view)
    after = 0
    while True:
        page = viewing.ChangedPage(mailbox_id, view.folder_id, since, after)
        changed = await shard.read(viewing.changed_page, page)
        merging.change(changed)
        if len(changed) < viewing.CHUNK:
            break
        after = changed[-1][0]
        await turn.next_if_over()
    after = 0
    while since:
        page = viewing.ChangedPage(mailbox_id, view.folder_id, since, after)
        expunged = await shard.read(viewing.expunged_page, page)
        merging.expunge(expunged)
        if len(expunged) < viewing.CHUNK:
            break
        after = expunged[-1]
        await turn.next_if_over()
    now = await shard.read(read_head, FolderKey(mailbox_id, view.folder_id))
    if since and now is not None and now.expunge_horizon > since:
        return empty(view.folder_id)
    return merging.view(head)
