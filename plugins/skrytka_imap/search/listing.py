"""What the session knows of all messages of its folder, and what of a search that decides.

A set of messages is an int with one octet per message, 1 for a member: the set operations are then single operations on long
ints, a few microseconds for 100 000 messages.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import compress

import msgspec

from skrytka_imap.commands.search import (
    All,
    HasEmailId,
    HasFlag,
    HasKeyword,
    ModSeq,
    Nothing,
    Numbers,
    Recent,
    SearchKey,
    Uids,
)
from skrytka_imap.commands.sequence_set import NOTHING, SequenceSet
from skrytka_imap.search.planes import Planes

Members = int

STEP = 2_048
"""Messages that are looked at one by one before others may run."""


class Listing(msgspec.Struct, frozen=True):
    """``uids``, ``flags`` and ``modseqs`` in parallel, ascending by UID, as in ``FolderView``; ``recent`` are UID ranges.

    ``saved`` is what ``$`` stands for, as UIDs; ``now`` is Unix time, of which OLDER and YOUNGER count.
    """

    uids: Sequence[int]
    flags: array[int]
    modseqs: Sequence[int]
    keywords: Mapping[int, tuple[str, ...]]
    recent: Sequence[range] = ()
    saved: SequenceSet = NOTHING
    now: float = 0
    mailbox_id: int = 0


Breathe = Callable[[], Awaitable[None]]


class Judge:
    """Decides single keys over a listing. What many keys need is worked out once, and ``breathe`` is called meanwhile."""

    def __init__(self, listing: Listing, breathe: Breathe) -> None:
        self._listing = listing
        self._breathe = breathe
        self._count = len(listing.uids)
        self._places_of_keywords: dict[str, array[int]] | None = None
        self.everyone: Members = int.from_bytes(b"\1" * self._count, "little")

    def places(self, members: Members) -> list[int]:
        """The places of a set's members in the listing."""
        return list(compress(range(self._count), self.octets(members)))

    def octets(self, members: Members) -> bytes:
        """One octet per message, for looking up single ones."""
        return members.to_bytes(self._count, "little")

    def with_uids(self, uids: Iterable[int]) -> Members:
        """The set of the messages with these UIDs; those that are not in the listing are passed over."""
        known = self._listing.uids
        octets = bytearray(self._count)
        for uid in uids:
            place = bisect_left(known, uid)
            if place < self._count and known[place] == uid:
                octets[place] = 1
        return int.from_bytes(octets, "little")

    async def members(self, key: SearchKey) -> Members | None:
        """Who matches a single key; None if that does not show here."""
        if isinstance(key, HasKeyword):
            return await self._with_keyword(key.keyword.lower())
        await self._breathe()
        return self._members(key)

    def _members(self, key: SearchKey) -> Members | None:
        listing = self._listing
        match key:
            case All():
                return self.everyone
            case HasFlag(flag=flag):
                table = bytes(bits & flag.value != 0 for bits in range(256))
                return int.from_bytes(_octets(listing.flags).translate(table), "little")
            case Recent():
                return self._at(self._ranges_between_uids(listing.recent))
            case Numbers() | Uids():
                return self.in_set(key)
            case Nothing():
                return 0
            case HasEmailId(mailbox_id=mailbox_id) if mailbox_id != listing.mailbox_id:
                return 0
            case ModSeq(at_least=at_least):
                return self._modseqs.at_least(at_least)
            case _:
                return None

    def in_set(self, key: Numbers | Uids) -> Members:
        """The messages of a set of numbers or UIDs, as far as they are there."""
        sequence = key.sequence
        if isinstance(key, Uids):
            return self._at(sequence.indexes_of_uids(self._listing.uids)) | self._saved(sequence)
        bounds = sequence.bounds(self._count)
        places = [range(max(first, 1) - 1, min(last, self._count)) for first, last in bounds]
        return self._at(places) | self._saved(sequence)

    def _saved(self, sequence: SequenceSet) -> Members:
        """The messages of ``$``, if it stands in the set (RFC 5182)."""
        return self._at(self._listing.saved.indexes_of_uids(self._listing.uids)) if sequence.with_saved else 0

    def _at(self, ranges: Iterable[range]) -> Members:
        """The set of the messages at these places."""
        octets = bytearray(self._count)
        for places in ranges:
            if places:
                octets[places.start : places.stop] = b"\1" * len(places)
        return int.from_bytes(octets, "little")

    @cached_property
    def _modseqs(self) -> Planes:
        return Planes(self._listing.modseqs)

    async def _with_keyword(self, keyword: str) -> Members:
        if self._places_of_keywords is None:
            self._places_of_keywords = await self._index()
        octets = bytearray(self._count)
        places = self._places_of_keywords.get(keyword, ())
        for start in range(0, len(places), STEP):
            for place in places[start : start + STEP]:
                octets[place] = 1
            await self._breathe()
        return int.from_bytes(octets, "little")

    async def _index(self) -> dict[str, array[int]]:
        """The places of the messages with each keyword. Keywords are looked at once for all messages that carry the same."""
        uids = self._listing.uids
        index: dict[str, array[int]] = {}
        targets: dict[tuple[str, ...], list[array[int]]] = {}
        for done, (uid, keywords) in enumerate(self._listing.keywords.items(), 1):
            arrays = targets.get(keywords)
            if arrays is None:
                words = {word.lower() for word in keywords}
                arrays = targets[keywords] = [index.setdefault(word, array("L")) for word in words]
            place = bisect_left(uids, uid)
            if place < self._count and uids[place] == uid:
                for places in arrays:
                    places.append(place)
            if not done % STEP:
                await self._breathe()
        return index

    def _ranges_between_uids(self, ranges: Iterable[range]) -> Iterable[range]:
        uids = self._listing.uids
        for between in ranges:
            yield range(bisect_left(uids, between.start), bisect_left(uids, between.stop))


def _octets(flags: array[int]) -> bytes:
    return flags.tobytes() if flags.itemsize == 1 else bytes(flags.tolist())
