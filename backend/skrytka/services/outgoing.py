"""The octets of large mails that are on their way out, over all connections of the process: ``limits.outgoing_octets``.

A client that asks for a large mail and does not read it holds the mail, and once more what waits in its connection, until the
connection gives up. Beyond the limit others wait their turn, so that memory stays bounded and everybody is served. One mailbox
gets no more of that than ``limits.outgoing_octets_per_mailbox``, however many connections it has: who waits for others of its
own is passed by.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager

import msgspec

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import MailboxId, MailboxRef
from skrytka.settings import Limits

LARGE_OCTETS = 65_536
"""Smaller mails are bounded by the number of connections."""

PATIENCE_S = 120.0
"""Longer than a connection waits for a client that does not read: a place comes free before."""


class _Waiting(msgspec.Struct, frozen=True, eq=False):
    holder: MailboxId
    octets: int
    turn: asyncio.Future[None]


class _Meter:
    def __init__(self) -> None:
        self.octets = 0
        self.by_holder: Counter[MailboxId] = Counter()
        self.waiting: list[_Waiting] = []

    def take(self, holder: MailboxId, octets: int) -> None:
        self.octets += octets
        self.by_holder[holder] += octets

    def give_back(self, holder: MailboxId, octets: int) -> None:
        self.octets -= octets
        self.by_holder[holder] -= octets
        if not self.by_holder[holder]:
            del self.by_holder[holder]

    def admit_waiting(self, limits: Limits) -> None:
        """In their order, as far as there is room. A mail over a limit goes alone."""
        left: list[_Waiting] = []
        full = False
        for one in self.waiting:
            if one.turn.done():  # it was cancelled
                continue
            own = self.by_holder[one.holder]
            if own and own + one.octets > limits.outgoing_octets_per_mailbox:
                left.append(one)
                continue
            full = full or (self.octets > 0 and self.octets + one.octets > limits.outgoing_octets)
            if full:
                left.append(one)
                continue
            self.take(one.holder, one.octets)
            one.turn.set_result(None)
        self.waiting = left


class _Sending:
    """Holds room for a mail while it is entered; none for a small one."""

    __slots__ = ("_core", "_holder", "_octets")

    def __init__(self, core: Core, holder: MailboxId, octets: int) -> None:
        self._core = core
        self._holder = holder
        self._octets = octets

    async def __aenter__(self) -> None:
        if self._octets:
            await _enter(self._core.state(_Meter), self._holder, self._octets, self._core.settings.limits)

    async def __aexit__(self, *_: object) -> None:
        if self._octets:
            meter = self._core.state(_Meter)
            meter.give_back(self._holder, self._octets)
            meter.admit_waiting(self._core.settings.limits)


def sending(core: Core, mailbox: MailboxRef, size_octets: int) -> AbstractAsyncContextManager[None]:
    """Around reading and sending mail of that mailbox: waits for room; ``Unavailable`` when none comes."""
    return _Sending(core, mailbox.mailbox_id, 2 * size_octets if size_octets >= LARGE_OCTETS else 0)


def held(core: Core) -> int:
    """What is counted now: every mail twice, see above."""
    return core.state(_Meter).octets


async def _enter(meter: _Meter, holder: MailboxId, octets: int, limits: Limits) -> None:
    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    meter.waiting.append(_Waiting(holder, octets, turn))
    meter.admit_waiting(limits)
    if turn.done():
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            await turn
    except BaseException as error:
        if turn.done() and not turn.cancelled():  # admitted in the moment in which this one gave up
            meter.give_back(holder, octets)
        turn.cancel()
        meter.admit_waiting(limits)
        if isinstance(error, TimeoutError):
            raise Unavailable("Too many large mails are on their way to slow clients") from None
        raise
