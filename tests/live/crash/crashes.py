"""The kinds of crash. Each strikes in the midst of the play and comes back when the round is over."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import Protocol

from tests.live.crash.play.stage import Stage
from tests.live.serving import Service
from tests.servers import Postgres

_MORE = 20
"""So many changes must be acknowledged after the crash of a part: those that are left go on."""


class Crash(Protocol):
    """``excuses_refusals``: whether clients whose connections were not cut may hear of it."""

    excuses_refusals: bool

    async def strike(self, service: Service, stage: Stage, dice: random.Random) -> None: ...


class AllKilled:
    """The whole process group at once; the service is started again on what it left."""

    excuses_refusals = False

    async def strike(self, service: Service, stage: Stage, dice: random.Random) -> None:
        service.kill()
        stage.over.set()


class WorkerKilled:
    """One worker; the supervisor starts it again while the others go on."""

    excuses_refusals = False

    async def strike(self, service: Service, stage: Stage, dice: random.Random) -> None:
        workers = service.workers()
        if workers:
            os.kill(dice.choice(workers), signal.SIGKILL)
        await stage.ledger.reaches(stage.ledger.acknowledged + _MORE)
        stage.over.set()


class PostgresKilled:
    """The database with all its backends; the service keeps running and has to find it again."""

    excuses_refusals = True

    def __init__(self, server: Postgres) -> None:
        self._server = server

    async def strike(self, service: Service, stage: Stage, dice: random.Random) -> None:
        await asyncio.to_thread(self._server.kill)
        await asyncio.to_thread(self._server.start)
        await stage.ledger.reaches(stage.ledger.acknowledged + _MORE)
        stage.over.set()
