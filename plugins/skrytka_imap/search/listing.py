"""What the session knows of all messages of its folder, and what of a search that decides.

A set of messages is an int with one octet per message, 1 for a member: the set operations are then single operations on long
ints, a few microseconds for 100 000 messages.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import msgspec

from skrytka_imap.commands.search import (
    All,
    HasFlag,
    HasKeyword,
    ModSeq,
    Numbers,
    Recent,
    SearchKey,
    Uids,
)

Members = int


class Listing(msgspec.Struct, frozen=True):
    """``uids``, ``flags`` and ``modseqs`` in parallel, ascending by UID, as in ``FolderView``; ``recent`` are UID ranges."""

    uids: Sequence[int]
    flags: array[int]
    modseqs: Sequence[int]
    keywords: Mapping[int, tuple[str, ...]]
    recent: Sequence[range] = ()


class Judge:
    """Decides single keys over a listing."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._count = len(listing.uids)
        self.everyone: Members = int.from_bytes(b"\1" * self._count, "little")

    def places(self, members: Members) -> list[int]:
        """The places of a set's members in the listing."""
        return list(compress(range(self._count), self.octets(members)))

    def octets(self, members: Members) -> bytes:
        """One octet per message, for looking up single ones."""
        return members.to_bytes(self._count, "little")

    def members(self, key: SearchKey) -> Members | None:
        """Who matches a single key; None if that does not show here."""
        listing = self._listing
        match key:
            case All():
                return self.everyone
            case HasFlag(flag=flag):
                table = bytes(bits & flag.value != 0 for bits in range(256))
                return int.from_bytes(_octets(listing.flags).translate(table), "little")
            case HasKeyword(keyword=keyword):
                return self._at(self._ranges_of_keyword(keyword.lower()))
            case Recent():
                return self._at(self._ranges_between_uids(listing.recent))
            case Numbers(sequence=sequence):
                bounds = sequence.bounds(self._count)
                return self._at(range(max(first, 1) - 1, min(last, self._count)) for first, last in bounds)
            case Uids(sequence=sequence):
                return self._at(sequence.indexes_of_uids(listing.uids))
            case ModSeq(at_least=at_least):
                return int.from_bytes(bytes([modseq >= at_least for modseq in listing.modseqs]), "little")
            case _:
                return None

    def _at(self, ranges: Iterable[range]) -> Members:
        """The set of the messages at these places."""
        octets = bytearray(self._count)
        for places in ranges:
            if places:
                octets[places.start : places.stop] = b"\1" * len(places)
        return int.from_bytes(octets, "little")

    def _ranges_of_keyword(self, keyword: str) -> Iterable[range]:
        uids = self._listing.uids
        for uid, keywords in self._listing.keywords.items():
            if any(word.lower() == keyword for word in keywords):
                place = bisect_left(uids, uid)
                if place < self._count and uids[place] == uid:
                    yield range(place, place + 1)

    def _ranges_between_uids(self, ranges: Iterable[range]) -> Iterable[range]:
        uids = self._listing.uids
        for between in ranges:
            yield range(bisect_left(uids, between.start), bisect_left(uids, between.stop))


def _octets(flags: array[int]) -> bytes:
    return flags.tobytes() if flags.itemsize == 1 else bytes(flags.tolist())
