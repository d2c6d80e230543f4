"""Work for a number of seconds, from several connections at a time, and what it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from tests.bench import accounting
from tests.bench.peers.interface import Peer


class Sample(msgspec.Struct, frozen=True):
    """One round on one server. ``work`` must be the same on all servers: the octets or hits of one operation."""

    operations: int
    seconds: float
    latencies_s: tuple[float, ...]
    cpu_s: float
    memory_octets: int
    work: int = 0

    @property
    def rate(self) -> float:
        return self.operations / self.seconds

    def latency_ms(self, quantile: float) -> float:
        """Of the sorted latencies, the one at this quantile."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)] * 1_000


Operation = Callable[[int], Awaitable[int]]
"""Takes the number of the caller; returns how much work it was, see ``Sample.work``."""


async def sample(peer: Peer, callers: int, seconds: float, operation: Operation) -> Sample:
    """All callers repeat the operation until the time is over. Whatever an operation began counts when it ends."""
    latencies: list[float] = []
    work: set[int] = set()
    cpu_s, began = accounting.cpu_s(peer.pid), time.perf_counter()
    end = began + seconds

    async def repeat(caller: int) -> None:
        while (start := time.perf_counter()) < end:
            work.add(await operation(caller))
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(repeat(caller) for caller in range(callers)))
    took, cpu_s = time.perf_counter() - began, accounting.cpu_s(peer.pid) - cpu_s
    assert len(work) == 1, f"{peer.name}: the same operation gave different answers: {sorted(work)[:5]}"
    memory = accounting.pss_octets(peer.pid)
    return Sample(len(latencies), took, tuple(latencies), cpu_s, memory, work.pop())
