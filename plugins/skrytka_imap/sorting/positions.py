"""What leaves an order, and what comes into it, with its positions there (RFC 5267 sections 4.3.3 and 4.3.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

from skrytka_imap.search.listing import Breathe
from skrytka_imap.sorting.order_keys import uid_of

TOGETHER = 2_048

Update = tuple[int, list[int]]
"""A context position, from 1 on, and the UIDs that follow one another from there on."""


async def removed(order: list[bytes], uids: Collection[int], breathe: Breathe) -> tuple[list[bytes], list[Update]]:
    """What is left, and the updates, the last position first: those before it stay what they are."""
    if not uids:
        return order, []
    left: list[bytes] = []
    gone: list[tuple[int, int]] = []
    for position, key in enumerate(order, 1):
        if (uid := uid_of(key)) in uids:
            gone.append((position, uid))
        else:
            left.append(key)
        if not position % TOGETHER:
            await breathe()
    return left, _together(gone)[::-1]


def inserted(order: list[bytes], keys: Sequence[bytes]) -> tuple[list[bytes], list[Update]]:
    """The order with these in it, and the updates, the first position first: what comes later does not move it."""
    new = sorted(keys)
    if not new:
        return order, []
    both = sorted([*order, *new])  # of two runs in order this is no more than a merge
    return both, _together([(bisect_left(both, key) + 1, uid_of(key)) for key in new])


def _together(found: Iterable[tuple[int, int]]) -> list[Update]:
    """Updates at positions that follow one another are one."""
    updates: list[Update] = []
    for position, uid in found:
        if updates and position == updates[-1][0] + len(updates[-1][1]):
            updates[-1][1].append(uid)
        else:
            updates.append((position, [uid]))
    return updates
