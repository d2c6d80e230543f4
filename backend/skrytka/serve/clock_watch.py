"""Says when the clock of the machine was set: what hangs on it (retention, leases, dates) may then look strange."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from skrytka import metrics

logger = logging.getLogger(__name__)

INTERVAL_S = 2.0
JUMP_S = 5.0
"""Less is what time services do all day."""


async def watch_clock(
    now: Callable[[], float],
    after_jump: Callable[[], Awaitable[None]],
    steady: Callable[[], float] = time.monotonic,
    interval_s: float = INTERVAL_S,
) -> None:
    """Compare the clock with one that nobody can set; ``after_jump`` is awaited when it was. Runs until cancelled."""
    ahead = now() - steady()
    while True:
        await asyncio.sleep(interval_s)
        jumped, ahead = now() - steady() - ahead, now() - steady()
        if abs(jumped) >= JUMP_S:
            metrics.CLOCK_JUMPS.inc()
            await after_jump()
            logger.warning("the clock jumped by %+.0f s", jumped)
