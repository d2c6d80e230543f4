"""Sets of numbers and UIDs."""

from __future__ import annotations

from collections.abc import Iterable


def number_set(numbers: Iterable[int]) -> bytes:
    """The shortest set that lists the numbers in their order: ``1:5,7``. Order matters in COPYUID (RFC 4315 section 3).

    uid-set = (uniqueid / uid-range) *("," uid-set)
    """
    runs: list[tuple[int, int]] = []
    first = last = 0
    for number in numbers:
        if number == last + 1 and first:
            last = number
            continue
        if first:
            runs.append((first, last))
        first = last = number
    if first:
        runs.append((first, last))
    return ",".join([str(first) if first == last else f"{first}:{last}" for first, last in runs]).encode()
