"""Sets of numbers and UIDs."""

from __future__ import annotations

from collections.abc import Iterable


def number_set(numbers: Iterable[int]) -> bytes:
    """The shortest set that lists the numbers in their order: ``1:5,7``. Order matters in COPYUID (RFC 4315 section 3).

    uid-set = (uniqueid / uid-range) *("," uid-set)
    """
    return pair_set(runs_of(numbers))


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers that follow one another, as (first, last), in their order."""
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
    return runs


def pair_set(pairs: Iterable[tuple[int, int]]) -> bytes:
    """The same of (first, last) pairs."""
    return ",".join([str(first) if first == last else f"{first}:{last}" for first, last in pairs]).encode()


def vanished_line(pairs: Iterable[tuple[int, int]], *, earlier: bool = False) -> bytes:
    """RFC 7162 section 3.2.10: expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids"""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", pair_set(pairs))
