"""Waiting for another process, of which there is no event to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 60.0


def until(holds: Callable[[], bool], what: str, timeout_s: float = WITHIN_S) -> None:
    """Return once it holds; ``what`` says what failed when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
