"""One run of a whole service under clients, with everything that it asked of the disk and what was acknowledged when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.live.crash.campaign import PROVISIONED, cast, provision, set_stage
from tests.live.crash.disk import records
from tests.live.crash.disk.history import History
from tests.live.crash.disk.recording import Recording
from tests.live.crash.ledger import Ledger
from tests.live.crash.looking import uid_validities
from tests.live.crash.play.stage import play_all
from tests.live.serving import Service

KINDS = ("small",) * 6 + ("medium",) * 10 + ("large",) * 2 + ("pool0", "pool1")
SETTINGS = {"store.shards": "1", "auth.argon2_time_cost": "1", "auth.argon2_memory_kib": "8192"}


class RecordedService(Service):
    """A service whose disk work is written down. It makes its data directory itself."""

    def __init__(self, recording: Recording, settings: Mapping[str, str]) -> None:
        super().__init__(recording.root / "var", settings)
        self._recording = recording

    def _new_log(self) -> Path:
        return self._recording.log.with_name("service.log")

    def _environ(self) -> dict[str, str]:
        return {**super()._environ(), **self._recording.variables}


@dataclass
class Run:
    """What was recorded and what had been acknowledged when."""

    recording: Recording
    ledger: Ledger
    uid_validities: dict[tuple[str, str], int]

    def __post_init__(self) -> None:
        self.log = list(records.read(self.recording.log))
        self.history = History(self.log)

    def answers(self) -> list[int]:
        """The places at which a client had just read an answer: the tightest ones for what was acknowledged."""
        return sorted({change.acked_at for change in self.ledger.changes if change.acked_at is not None})


async def play(recording: Recording, seed: str, given: Mapping[str, str], changes: int, *, killed: bool = False) -> Run:
    """A service from its very first start until so many changes are acknowledged; then it is shut down in order, or killed."""
    service = RecordedService(recording, given)
    ledger = Ledger({}, recording.position)
    try:
        await asyncio.to_thread(service.start)
        made = [ledger.begin(f"PUT {key}", {key: copies}) for key, copies in PROVISIONED.items()]
        await asyncio.to_thread(provision, service)
        for change in made:
            ledger.acknowledge(change)
        validities = await uid_validities(service)
        stage = set_stage(service, ledger, seed, KINDS)

        async def conduct() -> None:
            await ledger.reaches(changes)
            if killed:
                service.kill()
            stage.over.set()

        await play_all(cast(stage), conduct)
        assert not stage.refusals
    finally:
        await asyncio.to_thread(service.stop)
    assert "Traceback" not in service.log()
    return Run(recording, ledger, validities)
