"""An outage is one line when it begins and one when it is over, however much fails in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

CALM_S = 3.0
"""It is over when something works so long after the last failure: half of what is tried may fail."""


class Outage:
    """Of one thing that this process needs; ``what`` names it in the log."""

    __slots__ = ("_clock", "_failures", "_last", "_level", "_log", "_since", "_what")

    def __init__(
        self,
        what: str,
        log: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
        level: int = logging.ERROR,
    ) -> None:
        self._what = what
        self._log = log
        self._clock = clock
        self._level = level
        self._since: float | None = None
        self._last = 0.0
        self._failures = 0

    def failed(self, why: object) -> None:
        now = self._clock()
        if self._since is None:
            self._since = now
            self._failures = 0
            self._log.log(self._level, "%s: outage: %s", self._what, why)
        self._last = now
        self._failures += 1

    def worked(self) -> None:
        """Called often, and cheap while there is no outage."""
        if self._since is None:
            return
        now = self._clock()
        if now - self._last >= CALM_S:
            self._log.warning(
                "%s: works again after %.1f s and %d failures", self._what, now - self._since, self._failures
            )
            self._since = None
