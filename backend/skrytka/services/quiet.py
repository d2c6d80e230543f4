"""Background work that can wait rests between its steps, and longer while the process has others to serve.

A step of it takes the interpreter and a core from whoever reads mail in the same moment; a mail found by reading it is found as
well. So it goes on when the process is quiet, and otherwise so seldom that nobody notices, but it does go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

REST = 4.0
"""For so many times as long as it worked it rests at least ..."""

LONGEST_REST_S = 1.0
"""... and no longer than this, where the process is quiet meanwhile."""

BUSY = 0.2
"""A process that takes more of a core than this, while the work rests, has others to serve."""

LONGEST_WAIT_S = 10.0
"""How long it waits for a process that is never quiet."""


async def rest(worked_s: float, processor_s: Callable[[], float] = time.process_time) -> None:
    """To be awaited after each step, with how long it took. ``processor_s`` is what the process has used so far."""
    began = time.perf_counter()
    ends = began + LONGEST_WAIT_S
    used_s = processor_s()
    while True:
        await asyncio.sleep(min(REST * worked_s, LONGEST_REST_S))
        now, now_used_s = time.perf_counter(), processor_s()
        if now_used_s - used_s <= BUSY * (now - began) or now >= ends:
            return
        began, used_s = now, now_used_s
