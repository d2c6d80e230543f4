"""A window on the results of SEARCH, SORT and FETCH: PARTIAL (RFC 9394, RFC 5267 section 4.4)."""

from __future__ import annotations

import msgspec


class PartialRange(msgspec.Struct, frozen=True):
    """From result ``first`` to result ``last`` as written, both from 1 on, or both from -1, which is the last result, on."""

    first: int
    last: int

    def of(self, count: int) -> range:
        """The places of these results among so many, ascending; those beyond are left out. 500:400 is 400:500."""
        low, high = sorted((self.first, self.last))
        if low < 0:
            low, high = low + count + 1, high + count + 1
        return range(max(low, 1) - 1, min(high, count))
