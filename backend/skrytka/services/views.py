"""UIDs and flags of folders in memory, one view per folder for all sessions of the process.

A view is checked against the store at every use, so it never hides what another process did; when the folder changed,
only the changes are read.
"""

from __future__ import annotations

from functools import partial

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import OWNER, FolderId, FolderView, MailboxId, MailboxRef
from skrytka.services import reader_views, slices
from skrytka.services.shards import shard_of
from skrytka.services.view_cache import ViewCache, is_current
from skrytka.services.view_merging import Head, Merging, empty, merge
from skrytka.store.interface import Database
from skrytka.store.operations import viewing
from skrytka.store.operations.folders import FolderKey
from skrytka.store.operations.folders import head as read_head

__all__ = ["ViewCache", "current", "is_current"]


async def current(core: Core, mailbox: MailboxRef, folder_id: FolderId, reader: MailboxId = OWNER) -> FolderView:
    """The folder as it is now. The same object for all sessions as long as nothing changes: one point read then.

    ``reader`` is somebody else than its owner, who may have a ``\\Seen`` of his own.
    """
    if reader:
        return await reader_views.of_reader(
            core, mailbox, folder_id, reader, partial(current, core, mailbox, folder_id)
        )
    shard = shard_of(core, mailbox)
    cache = core.state(ViewCache)
    key = (mailbox.shard, mailbox.mailbox_id, folder_id, OWNER)
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
