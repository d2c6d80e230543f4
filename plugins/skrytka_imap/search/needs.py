"""What a search key needs to know of a message."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from skrytka_imap.commands.search import (
    And,
    Contains,
    Fuzzy,
    HasEmailId,
    Header,
    InternalDate,
    Larger,
    Not,
    Numbers,
    Older,
    Or,
    SaveDate,
    SearchKey,
    SentDate,
    Smaller,
    Uids,
    Younger,
)
from skrytka_imap.commands.sequence_set import STAR


class Needs(enum.IntEnum):
    """Cheapest first."""

    VIEW = 0
    ROW = 1
    HEADER = 2
    OCTETS = 3


def needs(key: SearchKey) -> Needs:
    """What it takes at most to decide a key."""
    match key:
        case And(keys=keys):
            return max(map(needs, keys))
        case Or(left=left, right=right):
            return max(needs(left), needs(right))
        case Not(key=inner) | Fuzzy(key=inner):
            return needs(inner)
        case HasEmailId() | Larger() | Smaller() | InternalDate() | SaveDate() | Older() | Younger():
            return Needs.ROW
        case Header() | SentDate():
            return Needs.HEADER
        case Contains():
            return Needs.OCTETS
        case _:
            return Needs.VIEW


def counts_messages(key: SearchKey) -> bool:
    """Whether other messages decide about a message too, by ``*`` among UIDs: the answer changes when they come and go.

    Numbers are those of the moment of the command (RFC 5267 section 4.3), see ``with_numbers_fixed``.
    """
    return any(_is_counted(one) for one in _leaves(key))


def is_about_selected(key: SearchKey) -> bool:
    """Whether the key means something in the selected folder only: numbers, and ``$``."""
    return uses_saved(key) or has_numbers(key)


def has_numbers(key: SearchKey) -> bool:
    """Whether a sequence set is in it, of numbers or ``$``."""
    return any(isinstance(one, Numbers) for one in _leaves(key))


def uses_saved(key: SearchKey) -> bool:
    """Whether ``$`` is in it (RFC 5182)."""
    return any(isinstance(one, Numbers | Uids) and one.sequence.with_saved for one in _leaves(key))


def weight(key: SearchKey) -> int:
    """How much there is to a key: about the octets of its texts, and the numbers and keys in it."""
    return sum(map(_weight, _leaves(key)))


FUZZY_EFFORT = 8


def effort(key: SearchKey) -> int:
    """How often the texts of a mail are looked through to decide: for each key of text, and for one with FUZZY word by word."""
    return max(1, sum(map(_effort, _leaves(key))))


def _effort(key: SearchKey) -> int:
    match key:
        case Fuzzy():
            return FUZZY_EFFORT
        case Header() | Contains():
            return 1
        case _:
            return 0


def _weight(key: SearchKey) -> int:
    match key:
        case Numbers(sequence=sequence) | Uids(sequence=sequence):
            return 1 + len(sequence.ranges)
        case Header(text=text) | Contains(text=text) | Fuzzy(key=Header(text=text) | Contains(text=text)):
            return 1 + len(text)
        case _:
            return 1


def _is_counted(key: SearchKey) -> bool:
    match key:
        case Uids(sequence=sequence):
            return any(STAR in pair for pair in sequence.ranges)
        case _:
            return False


def _leaves(key: SearchKey) -> Iterator[SearchKey]:
    """The keys that are no combination of others."""
    match key:
        case And(keys=keys):
            for one in keys:
                yield from _leaves(one)
        case Or(left=left, right=right):
            yield from _leaves(left)
            yield from _leaves(right)
        case Not(key=negated):
            yield from _leaves(negated)
        case _:
            yield key
