"""The octets of large mails that are on their way out, over all connections of the process: ``limits.outgoing_octets``.

A client that asks for a large mail and does not read it holds the mail, and once more what waits in its connection, until the
connection gives up. Beyond the limit others wait their turn, so that memory stays bounded and everybody is served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from skrytka.core import Core
from skrytka.errors import Unavailable

LARGE_OCTETS = 65_536
"""Smaller mails are bounded by the number of connections."""

PATIENCE_S = 120.0
"""Longer than a connection waits for a client that does not read: a place comes free before."""


class _Meter:
    def __init__(self) -> None:
        self.octets = 0
        self.waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def admits(self, octets: int, limit: int) -> bool:
        """A mail over the limit goes alone."""
        return self.octets == 0 or self.octets + octets <= limit

    def admit_waiting(self, limit: int) -> None:
        while self.waiting and (self.waiting[0][1].done() or self.admits(self.waiting[0][0], limit)):
            octets, turn = self.waiting.popleft()
            if not turn.done():  # else it was cancelled
                self.octets += octets
                turn.set_result(None)


@asynccontextmanager
async def sending(core: Core, size_octets: int) -> AsyncIterator[None]:
    """Around reading and sending a mail: waits for room; ``Unavailable`` when none comes."""
    if size_octets < LARGE_OCTETS:
        yield
        return
    meter = core.state(_Meter)
    limit, octets = core.settings.limits.outgoing_octets, 2 * size_octets
    await _enter(meter, octets, limit)
    try:
        yield
    finally:
        meter.octets -= octets
        meter.admit_waiting(limit)


def held(core: Core) -> int:
    """What is counted now: every mail twice, see above."""
    return core.state(_Meter).octets


async def _enter(meter: _Meter, octets: int, limit: int) -> None:
    if not meter.waiting and meter.admits(octets, limit):
        meter.octets += octets
        return
    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    meter.waiting.append((octets, turn))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await turn
    except BaseException as error:
        if turn.done() and not turn.cancelled():  # admitted in the moment in which this one gave up
            meter.octets -= octets
        turn.cancel()
        meter.admit_waiting(limit)
        if isinstance(error, TimeoutError):
            raise Unavailable("Too many large mails are on their way to slow clients") from None
        raise
