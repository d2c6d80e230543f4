"""A view plus what changed since makes the next view. Views are immutable: sessions may still use the old one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence

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
    """Apply changed messages, ascending by UID, then take out the expunged ones."""
    uids, flags, modseqs = view.uids[:], view.flags[:], view.modseqs[:]
    newest = uids[-1] if uids else 0
    for uid, flag, _, modseq in changed:
        if uid > newest:
            uids.append(uid)
            flags.append(flag)
            modseqs.append(modseq)
            continue
        index = bisect_left(uids, uid)
        if uids[index] == uid:
            flags[index] = flag
            modseqs[index] = modseq
        else:
            uids.insert(index, uid)
            flags.insert(index, flag)
            modseqs.insert(index, modseq)
    places = _places(uids, expunged)
    return FolderView(
        view.folder_id,
        head.uid_validity,
        head.uid_next,
        head.highest_modseq,
        _without(uids, places),
        _without(flags, places),
        _without(modseqs, places),
        _keywords(view.keywords, changed, expunged),
    )


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


def _keywords(
    present: Mapping[int, tuple[str, ...]], changed: Sequence[Changed], expunged: Sequence[int]
) -> Mapping[int, tuple[str, ...]]:
    """The same mapping when nothing in it changes, which is nearly always."""
    updates = {uid: text for uid, _, text, _ in changed if text or uid in present}
    removals = [uid for uid in expunged if uid in present or uid in updates]
    if not updates and not removals:
        return present
    merged = dict(present)
    for uid, text in updates.items():
        if text:
            merged[uid] = tuple(text.split(" "))
        else:
            del merged[uid]
    for uid in removals:
        merged.pop(uid, None)
    return merged
