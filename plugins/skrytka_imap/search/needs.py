"""What a search key needs to know of a message."""

from __future__ import annotations

import enum

from skrytka_imap.commands.search import (
    And,
    Contains,
    Fuzzy,
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
        case Larger() | Smaller() | InternalDate() | SaveDate() | Older() | Younger():
            return Needs.ROW
        case Header() | SentDate():
            return Needs.HEADER
        case Contains():
            return Needs.OCTETS
        case _:
            return Needs.VIEW


def counts_messages(key: SearchKey) -> bool:
    """Whether other messages decide about a message too: the answer for it changes when they come and go."""
    match key:
        case And(keys=keys):
            return any(map(counts_messages, keys))
        case Or(left=left, right=right):
            return counts_messages(left) or counts_messages(right)
        case Not(key=negated):
            return counts_messages(negated)
        case Numbers(sequence=sequence):
            return bool(sequence.ranges)
        case Uids(sequence=sequence):
            return any(STAR in pair for pair in sequence.ranges)
        case _:
            return False
