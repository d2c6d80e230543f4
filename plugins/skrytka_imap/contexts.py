"""Searches whose results a client wants to be kept up to date on: the contexts of RFC 5267."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import msgspec

from skrytka_imap.commands import FetchItem, Search, SequenceSet, SortCriterion

KEY_OCTETS = 64
"""What each key of an order takes, as an object and in its list, beside its own octets."""


class Order(msgspec.Struct, frozen=True):
    """Of the results of a SORT: as ``sorting.order_key`` writes them, which takes ``octets`` in memory."""

    criteria: tuple[SortCriterion, ...]
    keys: list[bytes]

    @property
    def octets(self) -> int:
        return sum(map(len, self.keys)) + KEY_OCTETS * len(self.keys)


class Context(msgspec.Struct, frozen=True):
    """One SEARCH or SORT with UPDATE, and what its client knows of the results; the folder's order where ``order`` is None.

    ``members`` has an octet for each message of the session's view, 1 for one that the client knows to match, and takes in all
    changes up to ``modseq``. ``saved`` is what ``$`` was when the search began.
    """

    search: Search
    saved: SequenceSet
    members: bytes
    modseq: int
    order: Order | None = None

    @property
    def update_items(self) -> tuple[FetchItem, ...]:
        """What is fetched of new messages that match (RFC 5465 section 7)."""
        returns = self.search.returns
        return () if returns is None else returns.update_items


def members_at(places: Sequence[int], count: int) -> bytes:
    """The members among so many messages, as a context keeps them."""
    octets = bytearray(count)
    for place in places:
        octets[place] = 1
    return bytes(octets)


def without(members: bytes, expunged: Sequence[int]) -> bytes:
    """What is left when messages go; ``expunged`` are their numbers before that."""
    if not expunged:
        return members
    stays = bytearray(b"\1" * len(members))
    for number in expunged:
        stays[number - 1] = 0
    return bytes(compress(members, stays))


def difference(told: bytes, now: bytes) -> tuple[list[int], list[int]]:
    """The places that are no longer of the members, and those that are new among them; both of the same messages."""
    if told == now:
        return [], []
    old, new = int.from_bytes(told, "little"), int.from_bytes(now, "little")
    both = old & new
    return _places(old ^ both, len(now)), _places(new ^ both, len(now))


def _places(members: int, count: int) -> list[int]:
    return list(compress(range(count), members.to_bytes(count, "little")))
