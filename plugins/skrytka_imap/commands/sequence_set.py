"""Sets of message numbers or UIDs as a client writes them, and what they mean in a folder."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

STAR = 0
"""Stands for ``*``: zero is no message number and no UID (RFC 3501 section 9, nz-number)."""

LARGEST = 2**32 - 1
"""The largest message number or UID that there can be (RFC 3501 section 9, number)."""


class SequenceSet(msgspec.Struct, frozen=True):
    """RFC 3501 section 9, ``sequence-set``: pairs as written, 7 as (7, 7), ``*`` as ``STAR``.

    ``with_saved``: ``$`` stands among them, the messages that a SEARCH has saved (RFC 5182). Only the session knows these;
    what is below is of the pairs alone.
    """

    ranges: tuple[tuple[int, int], ...]
    with_saved: bool = False

    def bounds(self, largest: int) -> list[tuple[int, int]]:
        """Ascending, disjoint (first, last) pairs with ``*`` as ``largest``; "4:2" is "2:4" (RFC 3501 section 9)."""
        if len(self.ranges) == 1:
            first, last = self.ranges[0]
            return [_ordered(first or largest, last or largest)]
        if not self.ranges:
            return []
        pairs = sorted(_ordered(first or largest, last or largest) for first, last in self.ranges)
        merged = [pairs[0]]
        for first, last in pairs[1:]:
            low, high = merged[-1]
            if first <= high + 1:
                merged[-1] = (low, max(high, last))
            else:
                merged.append((first, last))
        return merged

    def indexes_of_numbers(self, count: int) -> list[range] | None:
        """The places (from 0) of these numbers among ``count`` messages, ascending; None if one is not there.

        A sequence number that does not exist is an error of the client (RFC 3501 section 9, seq-number). Where there are
        no messages that goes for ``*`` as well by the letter, but clients ask for ``1:*`` without looking: they get nothing.
        """
        if not count and all(STAR in pair for pair in self.ranges):
            return []
        bounds = self.bounds(count)
        if bounds and (bounds[0][0] < 1 or bounds[-1][1] > count):
            return None
        return [range(first - 1, last) for first, last in bounds]

    def indexes_of_uids(self, uids: Sequence[int]) -> list[range]:
        """The places of these UIDs in the ascending ``uids``; missing ones are no error (RFC 3501 section 6.4.8)."""
        found = []
        for first, last in self.bounds(uids[-1] if uids else 0):
            low, high = bisect_left(uids, first), bisect_right(uids, last)
            if low < high:
                found.append(range(low, high))
        return found


NOTHING = SequenceSet(())


def union(some: Iterable[range], others: Iterable[range]) -> list[range]:
    """All places of both, ascending and disjoint."""
    numbers = SequenceSet(tuple((places.start + 1, places.stop) for places in (*some, *others) if places))
    return [range(first - 1, last) for first, last in numbers.bounds(0)]


def _ordered(first: int, last: int) -> tuple[int, int]:
    return (first, last) if first <= last else (last, first)
