"""What a search key needs to know of a message."""

from __future__ import annotations

import enum

from skrytka_imap.commands.search import (
    And,
    Contains,
    HasEmailId,
    Header,
    InternalDate,
    Larger,
    Not,
    Or,
    SearchKey,
    SentDate,
    Smaller,
)


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
        case Not(key=negated):
            return needs(negated)
        case HasEmailId() | Larger() | Smaller() | InternalDate():
            return Needs.ROW
        case Header() | SentDate():
            return Needs.HEADER
        case Contains():
            return Needs.OCTETS
        case _:
            return Needs.VIEW
