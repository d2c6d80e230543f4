"""The range of PARTIAL."""

from __future__ import annotations

import re

from skrytka_imap.commands import PartialRange
from skrytka_imap.grammar.cursor import LARGEST_NUMBER, Cursor

RANGE = re.compile(rb"(-?)([0-9]{1,10}):(-?)([0-9]{1,10})")


def partial_range(cursor: Cursor) -> PartialRange:
    """RFC 9394 section 4.

    partial-range       = partial-range-first / partial-range-last
    partial-range-first = nz-number ":" nz-number
    partial-range-last  = MINUS nz-number ":" MINUS nz-number
    """
    match = cursor.take(RANGE)
    if match is None or match[1] != match[3]:
        raise cursor.fault("Expected a range like 1:100 or -1:-100")
    first, last = int(match[2]), int(match[4])
    if not 1 <= first <= LARGEST_NUMBER or not 1 <= last <= LARGEST_NUMBER:
        raise cursor.fault(f"A number in a range is from 1 to {LARGEST_NUMBER}")
    return PartialRange(-first, -last) if match[1] else PartialRange(first, last)
