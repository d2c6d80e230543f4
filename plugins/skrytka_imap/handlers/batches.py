"""Messages whose mails, or the headers of these, may be in memory together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], octets_of: Callable[[T], int], *, most: int, octets: int) -> Iterator[list[T]]:
    """In their order, at most so many with so many octets together; what has more than that goes alone."""
    batch: list[T] = []
    sum_octets = 0
    for item in items:
        size = octets_of(item)
        if batch and (len(batch) == most or sum_octets + size > octets):
            yield batch
            batch, sum_octets = [], 0
        batch.append(item)
        sum_octets += size
    if batch:
        yield batch
