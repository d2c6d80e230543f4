"""Naming many UIDs, contents or names in one statement, with few distinct statement texts, so that they stay prepared."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TypeVar

V = TypeVar("V", bound=int | str)

CHUNK = 1_000
"""Most rows that one statement names."""

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, CHUNK)
_LISTS = {size: "(" + ", ".join("?" * size) + ")" for size in _SIZES}


def listed(values: Sequence[V]) -> tuple[str, list[V]]:
    """``IN`` operand and its values, padded with the last one to one of a few sizes. Takes 1 to ``CHUNK`` values."""
    count = len(values)
    size = _SIZES[bisect_left(_SIZES, count)]
    return _LISTS[size], [*values, *([values[-1]] * (size - count))]


def chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """The values without repetitions, ascending, in parts that ``listed`` takes."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
