"""Numbers mean the messages that they mean when the command comes (RFC 5267 section 4.3), also for a search that is kept."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka_imap.commands.search import And, Not, Numbers, Or, SearchKey, Uids
from skrytka_imap.commands.sequence_set import SequenceSet


def with_numbers_fixed(key: SearchKey, uids: Sequence[int]) -> SearchKey:
    """The key with UIDs for numbers; ``uids`` are those of the folder."""
    match key:
        case Numbers(sequence=sequence):
            return Uids(_fixed(sequence, uids))
        case And(keys=keys):
            return And(tuple(with_numbers_fixed(one, uids) for one in keys))
        case Or(left=left, right=right):
            return Or(with_numbers_fixed(left, uids), with_numbers_fixed(right, uids))
        case Not(key=negated):
            return Not(with_numbers_fixed(negated, uids))
        case _:
            return key


def _fixed(sequence: SequenceSet, uids: Sequence[int]) -> SequenceSet:
    """Pairs of UIDs between which the folder has no others, and never will."""
    count = len(uids)
    bounds = [(max(first, 1), min(last, count)) for first, last in sequence.bounds(count)]
    pairs = tuple((uids[first - 1], uids[last - 1]) for first, last in bounds if first <= last)
    return SequenceSet(pairs, sequence.with_saved)
