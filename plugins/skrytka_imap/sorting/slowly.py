"""Sorts without holding up others: one sort of very many takes longer than anybody should wait."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TypeVar

from skrytka_imap.search.listing import Breathe

T = TypeVar("T", bytes, tuple[int, ...])

TOGETHER = 2_048
"""Sorted, or merged, before others may run."""


async def in_order(items: Sequence[T], breathe: Breathe) -> list[T]:
    """The items ascending: runs of them are sorted, and then merged."""
    runs: list[list[T]] = []
    for start in range(0, len(items), TOGETHER):
        runs.append(sorted(items[start : start + TOGETHER]))
        await breathe()
    if len(runs) < 2:
        return runs[0] if runs else []
    merged: list[T] = []
    for item in heapq.merge(*runs):
        merged.append(item)
        if not len(merged) % TOGETHER:
            await breathe()
    return merged
