"""Sets of numbers and UIDs."""

from __future__ import annotations

from collections.abc import Iterable

Run = tuple[int, int]
"""The first and the last of numbers that follow one another."""


def number_set(numbers: Iterable[int]) -> bytes:
    """The shortest set that lists the numbers in their order: ``1:5,7``. Order matters in COPYUID (RFC 4315 section 3).

    uid-set = (uniqueid / uid-range) *("," uid-set)
    """
    return set_of_runs(runs_of(numbers))


def runs_of(numbers: Iterable[int]) -> list[Run]:
    """Numbers that follow one another, in their order."""
    runs: list[Run] = []
    add_to_runs(runs, numbers)
    return runs


def add_to_runs(runs: list[Run], numbers: Iterable[int]) -> None:
    """Go on with the runs of what came before: for sets that are too long to be made in one go."""
    first, last = runs.pop() if runs else (0, 0)
    for number in numbers:
        if number == last + 1 and first:
            last = number
            continue
        if first:
            runs.append((first, last))
        first = last = number
    if first:
        runs.append((first, last))


def set_of_runs(runs: Iterable[Run]) -> bytes:
    return ",".join([str(first) if first == last else f"{first}:{last}" for first, last in runs]).encode()


def vanished_line(runs: Iterable[Run], *, earlier: bool = False) -> bytes:
    """RFC 7162 section 3.2.10: expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids"""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", set_of_runs(runs))
