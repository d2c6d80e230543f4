"""What all players of a round share, and how one of them comes back when its connection was lost."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.live.crash.ledger import Ledger
from tests.live.crash.mails import make_token
from tests.live.crash.play.wire import Lost, Wire, connected

PASSWORD = "secret"
SHARED = ("INBOX", "Work", "Archive")
_AGAIN_S = 0.02


@dataclass
class Stage:
    """``over`` ends the round: players finish what they have begun. ``refusals`` are answers that only an outage excuses."""

    ports: Mapping[str, int]
    api_key: str
    ledger: Ledger
    seed: str
    addresses: Sequence[str]
    full: str
    kinds: Sequence[str]
    over: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: list[str] = field(default_factory=list)


class Player:
    """One client with a name and choices of its own."""

    listener = ""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.ledger = stage.ledger
        self.name = name
        self.dice = random.Random(f"{stage.seed}/{name}")
        self._numbers = itertools.count(1)

    async def session(self, wire: Wire) -> None:
        """From the greeting until the round is over, or ``Lost``."""
        raise NotImplementedError

    async def play(self) -> None:
        """Sessions, one after the other, until the round is over. Nothing tells when a service is back, so it is tried."""
        while not self.over:
            try:
                async with connected(self.stage.ports[self.listener]) as wire:
                    await self.session(wire)
            except Lost:
                await asyncio.sleep(_AGAIN_S)

    @property
    def over(self) -> bool:
        return self.stage.over.is_set()

    def token(self) -> str:
        """A mail that nobody had before."""
        return make_token(f"{self.stage.seed}/{self.name}", next(self._numbers), self.dice.choice(self.stage.kinds))

    def refused(self, answer: bytes | str) -> None:
        self.stage.refusals.append(f"{self.name}: {answer!r}")


async def play_all(players: Sequence[Player], conduct: Callable[[], Awaitable[None]]) -> None:
    """All players until the conductor has come to an end; a fault of one ends the round."""
    async with asyncio.TaskGroup() as group:
        for player in players:
            group.create_task(player.play(), name=player.name)
        await conduct()
