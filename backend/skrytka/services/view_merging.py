"""A view plus what changed since makes the next view. Views are immutable: sessions may still use the old one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

import msgspec

from skrytka.model import FolderId, FolderView, ModSeq, Uid, UidValidity

Changed = tuple[int, int, str, int]
"""uid, flags, keywords as stored, modseq."""

_FEW = 16


class Head(msgspec.Struct, frozen=True):
    """The folder's state that the merged view has."""

    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq


def empty(folder_id: FolderId) -> FolderView:
    return FolderView(folder_id, UidValidity(0), Uid(1), ModSeq(0), array("I"), array("B"), array("Q"), {})


def merge(view: FolderView, head: Head, changed: Sequence[Changed], expunged: Sequence[int]) -> FolderView:
    """Apply changed messages, ascending by UID, then take out the expunged ones. Without any the arrays stay the same."""
    if not changed and not expunged:
        return msgspec.structs.replace(
            view, uid_validity=head.uid_validity, uid_next=head.uid_next, highest_modseq=head.highest_modseq
        )
    merging = Merging(view)
    merging.change(changed)
    merging.expunge(expunged)
    return merging.view(head)


class Merging:
    """The same page by page, with one copy of the arrays for all pages. ``view`` ends it."""

    def __init__(self, view: FolderView) -> None:
        self._folder_id = view.folder_id
        self._uids, self._flags, self._modseqs = view.uids[:], view.flags[:], view.modseqs[:]
        self._keywords = view.keywords
        self._own_keywords: dict[int, tuple[str, ...]] | None = None

    def change(self, changed: Sequence[Changed]) -> None:
        """Messages that changed or arrived, ascending by UID."""
        uids, flags, modseqs = self._uids, self._flags, self._modseqs
        new = 0
        if uids:
            new = bisect_left(changed, uids[-1] + 1, key=itemgetter(0))
        for uid, flag, _, modseq in changed[:new]:
            index = bisect_left(uids, uid)
            if uids[index] == uid:
                flags[index] = flag
                modseqs[index] = modseq
            else:
                uids.insert(index, uid)
                flags.insert(index, flag)
                modseqs.insert(index, modseq)
        uids.extend([row[0] for row in changed[new:]])
        flags.extend([row[1] for row in changed[new:]])
        modseqs.extend([row[3] for row in changed[new:]])
        self._change_keywords(changed)

    def expunge(self, expunged: Sequence[int]) -> None:
        places = _places(self._uids, expunged)
        self._uids = _without(self._uids, places)
        self._flags = _without(self._flags, places)
        self._modseqs = _without(self._modseqs, places)
        for uid in expunged:
            if uid in self._keywords:
                del self._writable_keywords()[uid]

    def view(self, head: Head) -> FolderView:
        return FolderView(
            self._folder_id,
            head.uid_validity,
            head.uid_next,
            head.highest_modseq,
            self._uids,
            self._flags,
            self._modseqs,
            self._keywords,
        )

    def _change_keywords(self, changed: Sequence[Changed]) -> None:
        for uid, _, text, _ in changed:
            if text:
                self._writable_keywords()[uid] = tuple(text.split(" "))
            elif uid in self._keywords:
                del self._writable_keywords()[uid]

    def _writable_keywords(self) -> dict[int, tuple[str, ...]]:
        """A copy at the first change: the mapping stays the same when nothing in it changes, which is nearly always."""
        if self._own_keywords is None:
            self._keywords = self._own_keywords = dict(self._keywords)
        return self._own_keywords


def _places(uids: array[int], expunged: Sequence[int]) -> list[int]:
    """Where the expunged ones are, ascending; those never seen are nowhere."""
    places: list[int] = []
    for uid in sorted(expunged):
        index = bisect_left(uids, uid)
        if index < len(uids) and uids[index] == uid:
            places.append(index)
    return places


def _without(values: array[int], places: list[int]) -> array[int]:
    """The values but for some places; takes over the array it is given."""
    if len(places) <= _FEW:
        for place in reversed(places):
            del values[place]
        return values
    kept = array(values.typecode)
    start = 0
    for place in places:
        kept.extend(values[start:place])
        start = place + 1
    kept.extend(values[start:])
    return kept
