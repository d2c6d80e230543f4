"""Comparing all modseqs of a folder with one number, as few operations on long ints."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence


class Planes:
    """The numbers as rows of octets: row ``n`` has octet ``n`` of every number, the lowest first."""

    def __init__(self, numbers: Sequence[int]) -> None:
        octets = array("Q", numbers)
        if sys.byteorder == "big":
            octets.byteswap()
        raw = octets.tobytes()
        self._count = len(numbers)
        self._planes = [raw[place::8] for place in range(8)]
        while self._planes and self._planes[-1].count(0) == self._count:
            self._planes.pop()

    def at_least(self, least: int) -> int:
        """Those that are not less, one octet each, 1 for a member: what ``listing.Members`` is."""
        if least >> 8 * len(self._planes):
            return 0
        members = int.from_bytes(b"\1" * self._count, "little")
        for plane, octet in zip(self._planes, least.to_bytes(8, "little"), strict=False):
            greater, equal = (int.from_bytes(plane.translate(table), "little") for table in _tables(octet))
            members = greater | equal & members
        return members


def _tables(octet: int) -> tuple[bytes, bytes]:
    """For ``bytes.translate``: what is greater than the octet, and what equals it."""
    return bytes(octet + 1) + b"\1" * (255 - octet), bytes(octet) + b"\1" + bytes(255 - octet)
