"""How slowly a client may send what it has begun."""

from __future__ import annotations

import time


class Pace:
    """It has to be whole after ``timeout_s``, or to come with ``least_octets_per_s`` on the average of that time."""

    __slots__ = ("_ends", "_enough", "_octets", "_timeout_s")

    def __init__(self, timeout_s: float, least_octets_per_s: int) -> None:
        self._timeout_s = timeout_s
        self._enough = timeout_s * least_octets_per_s
        self.begin()

    def begin(self) -> None:
        """The client may take the whole time again."""
        self._ends = time.monotonic() + self._timeout_s
        self._octets = 0

    def came(self, octets: int) -> None:
        """So many of what has to keep coming."""
        self._octets += octets
        if self._octets >= self._enough:
            self.begin()

    @property
    def left_s(self) -> float:
        """Not positive when the time is over."""
        return self._ends - time.monotonic()
