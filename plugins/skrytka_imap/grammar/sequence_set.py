"""Sequence sets."""

from __future__ import annotations

import re

from skrytka_imap.commands import SequenceSet
from skrytka_imap.commands.sequence_set import STAR
from skrytka_imap.grammar.cursor import LARGEST_NUMBER, Cursor

SET = re.compile(rb"[0-9*$][0-9*:,$]*")
SINGLE = re.compile(rb"(?:[0-9]+|\*)(?= )")
MOST_RANGES = 16_384


def sequence_set(cursor: Cursor) -> SequenceSet:
    """RFC 3501 section 9 and RFC 5182 section 3.

    sequence-set = (seq-number / seq-range) *("," sequence-set)
    sequence-set =/ "$"
    seq-range    = seq-number ":" seq-number
    seq-number   = nz-number / "*"
    """
    match = cursor.take(SET)
    if match is None:
        raise cursor.fault("Expected a set like 1:5,8")
    if match[0].isdigit():  # one message, as most sets that are asked for again and again
        number = _number(cursor, match[0])
        return SequenceSet(((number, number),))
    written = match[0].split(b",")
    if len(written) > MOST_RANGES:
        raise cursor.fault(f"A set has at most {MOST_RANGES} ranges")
    if b"$" in written:
        return SequenceSet(tuple([_range(cursor, octets) for octets in written if octets != b"$"]), with_saved=True)
    return SequenceSet(tuple([_range(cursor, octets) for octets in written]))


def single_message(cursor: Cursor) -> SequenceSet:
    """seq-number alone, as the set of that one message."""
    match = cursor.take(SINGLE)
    if match is None:
        raise cursor.fault("Expected the number of one message")
    number = _number(cursor, match[0])
    return SequenceSet(((number, number),))


def _range(cursor: Cursor, octets: bytes) -> tuple[int, int]:
    first, colon, last = octets.partition(b":")
    low = _number(cursor, first)
    return (low, _number(cursor, last)) if colon else (low, low)


def _number(cursor: Cursor, octets: bytes) -> int:
    if octets == b"*":
        return STAR
    if octets.isdigit() and len(octets) <= 10 and 1 <= int(octets) <= LARGEST_NUMBER:
        return int(octets)
    raise cursor.fault(f"A number in a set is * or from 1 to {LARGEST_NUMBER}")
