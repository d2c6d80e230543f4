"""How many messages a search looks at, and a search that looks at no more than so many (RFC 9738)."""

from __future__ import annotations

from skrytka_imap.commands.search import And, Numbers, SearchKey, Uids
from skrytka_imap.commands.sequence_set import LARGEST, SequenceSet
from skrytka_imap.search.listing import Breathe, Judge, Listing, Members


def with_highest(key: SearchKey, listing: Listing, limit: int, breathe: Breathe) -> tuple[SearchKey, int | None]:
    """The key, and None where it is about at most so many messages; else a key about the highest of them, and the lowest UID of
    these. What counts is which messages are searched, not which match: all, but for the sets that the key is limited by."""
    if len(listing.uids) <= limit:
        return key, None
    judge = Judge(listing, breathe)
    searched = judge.places(_searched(judge, key))
    if len(searched) <= limit:
        return key, None
    lowest = listing.uids[searched[-limit]]
    return And((Uids(SequenceSet(((lowest, LARGEST),))), key)), lowest


def _searched(judge: Judge, key: SearchKey) -> Members:
    match key:
        case Numbers() | Uids():
            return judge.in_set(key)
        case And(keys=keys):
            members = judge.everyone
            for one in keys:
                members &= _searched(judge, one)
            return members
        case _:
            return judge.everyone
