"""Background work that can wait rests between its steps, and longer while there are others to serve.

A step of it takes the interpreter and a core from whoever reads mail in the same moment, in this process or in another of the
machine; a mail found by reading it is found as well. So it goes on when all is quiet, and otherwise so seldom that nobody
notices, but it does go on.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

REST = 4.0
"""For so many times as long as it worked it rests at least ..."""

LONGEST_REST_S = 1.0
"""... and no longer than this, where all is quiet meanwhile."""

BUSY = 0.2
"""A process that takes more of a core than this, while the work rests, has others to serve."""

IDLE = 0.25
"""A machine of whose processors less than this share is idle, while the work rests, has others to serve."""

LONGEST_WAIT_S = 10.0
"""How long it waits where it is never quiet."""

_STATISTICS = Path("/proc/stat")


class Load(NamedTuple):
    """What has been used up to a moment: by this process in seconds, and in whatever unit by all processors of the machine."""

    at: float
    process_s: float
    idle: int
    all: int


def look() -> Load:
    """Where the system tells nothing of its processors, they count as idle."""
    now = time.perf_counter()
    try:
        with _STATISTICS.open("rb") as statistics:
            # proc_stat(5): user nice system idle iowait irq softirq steal, and guests that user and nice have counted
            spent = [int(field) for field in statistics.readline().split()[1:9]]
    except OSError:
        spent = [0, 0, 0, time.monotonic_ns(), 0]
    return Load(now, time.process_time(), spent[3] + spent[4], sum(spent))


def is_quiet(before: Load, after: Load) -> bool:
    """Whether nobody else was served between the two moments."""
    if after.process_s - before.process_s > BUSY * (after.at - before.at):
        return False
    return after.idle - before.idle >= IDLE * (after.all - before.all)


async def rest(worked_s: float) -> None:
    """To be awaited after each step, with how long it took."""
    before = look()
    ends = before.at + LONGEST_WAIT_S
    while True:
        await asyncio.sleep(min(REST * worked_s, LONGEST_REST_S))
        after = look()
        if after.at >= ends or is_quiet(before, after):
            return
        before = after
