"""The machine's power is cut: only what was synced is sure to be there again.

A power cut is played, not made. Dropping what was not synced needs a layer between the service and the disk, and of the ways to
have one the shim (``disk/shim.c``) is the only one that works everywhere: dm-flakey and FUSE want root and a kernel that has
them, which neither a container nor a CI machine promises, and a copy of the synced files has one state of the disk to offer
where a power cut may leave any of thousands. The shim writes down, for one run of the service, every write, name and fsync in
order; from that log states of the disk are made at any place and in any variety, long after the run.

The states are aimed at the steps of the write path: the blob's file, its name, its folder; the log (WAL), the database, the
names of both; and at the moments in which answers had just been read. On each state the service starts as it does after a
power cut; then everything that was acknowledged up to that place must be there, whole, and ``skrytka check`` finds nothing.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from skrytka.plugin_host import manager
from skrytka.serve.composition import open_core
from skrytka.serve.supervisor import prepare
from skrytka.settings import Settings, Store
from tests.live.crash.campaign import ANN, BEN, FULL, cast, provision, set_stage
from tests.live.crash.disk import records
from tests.live.crash.disk.history import History
from tests.live.crash.disk.power_cut import FATES, NOTHING, Disk, Fate
from tests.live.crash.disk.recording import Recording
from tests.live.crash.disk.test_disk import assert_same
from tests.live.crash.judging import complaints
from tests.live.crash.ledger import EXISTS, THE_MAILBOX, Key, Ledger
from tests.live.crash.looking import WireLook, look_inside
from tests.live.crash.places import BLOB_STEPS, LOG_STEPS, NAME_STEPS, steps
from tests.live.crash.play.stage import play_all
from tests.live.crash.seen import Seen
from tests.live.serving import Service
from tests.servers import Postgres

PLUGINS = ("imap", "pop3", "lmtp", "rest")
KINDS = ("small",) * 6 + ("medium",) * 10 + ("large",) * 2 + ("pool0", "pool1")
SETTINGS = {"store.shards": "1", "auth.argon2_time_cost": "1", "auth.argon2_memory_kib": "8192"}
CHANGES = 500
"""So many that the log grows beyond 4 MB and is moved into the database while clients go on."""


class RecordedService(Service):
    """A service whose disk work is written down."""

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

    def __post_init__(self) -> None:
        self.log = list(records.read(self.recording.log))
        self.history = History(self.log)


async def play(recording: Recording, seed: str, given: Mapping[str, str], changes: int = CHANGES) -> Run:
    """A service from its very first start to a shutdown in order."""
    service = RecordedService(recording, given)
    ledger = Ledger({}, recording.position)
    try:
        await asyncio.to_thread(service.start)
        made = ledger.begin("PUT", {Key(address, THE_MAILBOX): EXISTS for address in (ANN, BEN, FULL)})
        await asyncio.to_thread(provision, service)
        ledger.acknowledge(made)
        stage = set_stage(service, ledger, seed, KINDS)

        async def conduct() -> None:
            await ledger.reaches(changes)
            stage.over.set()

        await play_all(cast(stage), conduct)
        assert not stage.refusals
    finally:
        await asyncio.to_thread(service.stop)
    assert "Traceback" not in service.log()
    return Run(recording, ledger)


class Trial:
    """Starts the service on a state of the disk and judges what it finds."""

    def __init__(self, run: Run, folder: Path, seed: str) -> None:
        self._run = run
        self._folder = folder
        self._seed = seed

    async def complaints(self, at: int, fate: Fate) -> list[str]:
        """What is wrong after a cut at that place."""
        data_dir = self.cut(at, fate) / "var"
        plugins = manager.load(PLUGINS)
        settings = Settings(data_dir=str(data_dir), store=Store(shards=1), front_ends={})
        try:
            notices = await prepare(settings, plugins)
            async with open_core(settings, plugins.extensions, migrating=False) as core:
                seen = await look_inside(core)
        except Exception as error:
            return [f"the service does not start: {error!r}"]
        wrong = complaints(self._run.ledger.expected(at), seen)
        if not any("The first key is in" in notice for notice in notices):
            wrong.append("the first key is gone, and nobody can enter")
        shutil.rmtree(data_dir.parent)
        return wrong

    def cut(self, at: int, fate: Fate) -> Path:
        """The disk as it then is."""
        folder = self._folder / f"cut-{at}"
        shutil.rmtree(folder, ignore_errors=True)
        Disk(self._run.history, at, fate, random.Random(f"{self._seed}/{at}/{fate.name}")).put_into(folder)
        return folder


def answers(run: Run) -> list[int]:
    """The places at which a client had just read an answer: the tightest ones for what was acknowledged."""
    return sorted({change.acked_at for change in run.ledger.changes if change.acked_at is not None})


@pytest.mark.timeout(24 * 3600)
async def test_nothing_acknowledged_is_lost_when_the_power_is_cut(
    recording: Recording, tmp_path: Path, seed: str, rounds: int
) -> None:
    run = await play(recording, seed, SETTINGS)
    assert_same(recording, run.history)
    trial = Trial(run, tmp_path, seed)
    dice = random.Random(f"{seed}/power")
    places = {**steps(run.log), "answered": answers(run)}
    assert set(places) == {*BLOB_STEPS, *LOG_STEPS, *NAME_STEPS, "answered"}, "a step of the write path was not taken"
    for step, found in places.items():
        for at in dice.sample(found, min(len(found), max(1, rounds // 4))):
            for fate in (NOTHING, dice.choice(FATES[1:])):
                wrong = await trial.complaints(at, fate)
                assert not wrong, f"SEED={seed}, {step} at {at}, {fate.name}:\n" + "\n".join(wrong[:20])
