"""Views of folders as those see them who read what another shares, and may have a ``\\Seen`` of their own.

Such a view begins as the owner's, with the flags and modseqs that the reader's marks say; from then on only changes are read.
Where nobody ever had a ``\\Seen`` of his own it is the owner's itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import OWNER, Flags, FolderId, FolderView, MailboxId, MailboxRef, ModSeq
from skrytka.services.shards import shard_of
from skrytka.services.slices import Slice
from skrytka.services.view_cache import ViewCache, is_current
from skrytka.services.view_merging import Head, merge
from skrytka.store.operations import reader_viewing, viewing
from skrytka.store.operations.folders import FolderKey
from skrytka.store.operations.reader_viewing import MarksPage, ReaderDelta, ReaderDeltaRequest
from skrytka.store.operations.seen_marks import SHARED_FLAGS

OwnersView = Callable[[], Awaitable[FolderView]]

PART = 10_000
"""Modseqs that are compared between two looks at the clock."""

_UNSEEN = bytes(flags & SHARED_FLAGS for flags in range(256))


async def of_reader(
    core: Core, mailbox: MailboxRef, folder_id: FolderId, reader: MailboxId, owners_view: OwnersView
) -> FolderView:
    """The folder as it is now, as ``views.current`` has it."""
    shard, cache = shard_of(core, mailbox), core.state(ViewCache)
    key = (mailbox.shard, mailbox.mailbox_id, folder_id, reader)
    while True:
        head = await shard.read(reader_viewing.head, FolderKey(mailbox.mailbox_id, folder_id))
        if head is None:
            cache.drop(key)
            raise NotFound("folder", str(folder_id))
        known = cache.get(key if head.seen_modseq else (*key[:3], OWNER))
        if known is not None and is_current(known, head.folder):
            return known
        if not head.seen_modseq:
            return await owners_view()
        base = known if known is not None and known.uid_validity == head.folder.uid_validity else None
        load = partial(_load, core, mailbox, folder_id, reader, base, owners_view)
        view = await cache.load(key, load)
        if view.highest_modseq >= head.folder.highest_modseq and view.uid_validity == head.folder.uid_validity:
            return view


async def _load(
    core: Core,
    mailbox: MailboxRef,
    folder_id: FolderId,
    reader: MailboxId,
    known: FolderView | None,
    owners_view: OwnersView,
) -> FolderView:
    """Read what changed since the view, in one statement that says it all at one moment.

    Where that is too much, or readers see other flags since then, it begins anew with the owner's view, as new as that can be.
    """
    shard, turn = shard_of(core, mailbox), Slice(core)
    view, made_for = known, None
    while True:
        if view is None:
            view, made_for = await _from_owners(core, mailbox, reader, await owners_view(), turn)
        request = ReaderDeltaRequest(mailbox.mailbox_id, folder_id, reader, view.highest_modseq)
        found = await shard.read(reader_viewing.delta, request)
        if found is None:
            raise NotFound("folder", str(folder_id))
        if _goes_on(view, made_for, found):
            delta = found.delta
            head = Head(delta.uid_validity, delta.uid_next, delta.highest_modseq)
            return merge(view, head, delta.changed, delta.expunged)
        view = None
        await turn.next_if_over()


def _goes_on(view: FolderView, made_for: ModSeq | None, found: ReaderDelta) -> bool:
    """Whether the delta is all that there is to change in the view, which was made some time ago, or just now for ``made_for``.

    Of numbers that damage has left too high, which ``skrytka check`` mends, none is waited for.
    """
    delta, since = found.delta, view.highest_modseq
    sees_the_same = found.seen_modseq <= since if made_for is None else found.seen_modseq == made_for
    knows_expunges = min(delta.expunge_horizon, delta.highest_modseq) <= since
    return delta.complete and sees_the_same and knows_expunges and delta.uid_validity == view.uid_validity


async def _from_owners(
    core: Core, mailbox: MailboxRef, reader: MailboxId, owners: FolderView, turn: Slice
) -> tuple[FolderView, ModSeq]:
    """The owner's view with the reader's flags and modseqs, and the ``seen_modseq`` it is made for. What changed since then,
    read here or not, comes with the delta."""
    shard, key = shard_of(core, mailbox), FolderKey(mailbox.mailbox_id, owners.folder_id)
    head = await shard.read(reader_viewing.head, key)
    if head is None:
        raise NotFound("folder", str(owners.folder_id))
    lowest, modseqs = head.seen_modseq, array("Q")
    for start in range(0, len(owners.modseqs), PART):
        part = owners.modseqs[start : start + PART]
        modseqs.extend([modseq if modseq > lowest else lowest for modseq in part])
        await turn.next_if_over()
    view = msgspec.structs.replace(owners, modseqs=modseqs)
    if not head.private_seen:
        return view, lowest
    view = msgspec.structs.replace(view, flags=array("B", owners.flags.tobytes().translate(_UNSEEN)))
    page = MarksPage(mailbox.mailbox_id, owners.folder_id, reader, (0, 0))
    while marks := await shard.read(reader_viewing.marks_page, page):
        for modseq, uid, seen in marks:
            _mark(view, uid, modseq, seen)
        if len(marks) < viewing.CHUNK:
            break
        page = msgspec.structs.replace(page, after=marks[-1][:2])
        await turn.next_if_over()
    return view, lowest


def _mark(view: FolderView, uid: int, modseq: int, seen: int) -> None:
    """In the arrays that are still nobody else's. A message that the owner's view has not, or no longer, is left out."""
    place = bisect_left(view.uids, uid)
    if place == len(view.uids) or view.uids[place] != uid:
        return
    if seen:
        view.flags[place] |= Flags.SEEN.value
    view.modseqs[place] = max(view.modseqs[place], modseq)
