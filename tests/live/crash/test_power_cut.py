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

import random
from pathlib import Path

import pytest

from skrytka.settings import Store
from tests.live.crash.disk.power_cut import EVERYTHING, FATES, NOTHING
from tests.live.crash.disk.recording import Recording
from tests.live.crash.disk.test_disk import assert_same
from tests.live.crash.places import BLOB_STEPS, LOG_STEPS, NAME_STEPS, steps
from tests.live.crash.recorded_run import SETTINGS, play
from tests.live.crash.trial import Trial
from tests.servers import Postgres

LIMIT_S = 24 * 3600
CHANGES = 450
"""So many that the log grows beyond 4 MB and is moved into the database while clients go on."""


@pytest.mark.timeout(LIMIT_S)
async def test_nothing_acknowledged_is_lost_on_sqlite(
    recording: Recording, tmp_path: Path, seed: str, rounds: int
) -> None:
    run = await play(recording, seed, SETTINGS, CHANGES)
    assert_same(recording, run.history)
    trial = Trial(run, tmp_path, seed, Store(shards=1))
    dice = random.Random(f"{seed}/power")
    places = {**steps(run.log), "answered": run.answers()}
    assert set(places) == {*BLOB_STEPS, *LOG_STEPS, *NAME_STEPS, "answered"}, "a step of the write path was not taken"
    for step, found in places.items():
        for at in dice.sample(found, min(len(found), max(1, rounds // 10))):
            for fate in (NOTHING, dice.choice(FATES[1:])):
                wrong = await trial.complaints(at, fate)
                assert not wrong, f"SEED={seed}, {step} at {at}, {fate.name}:\n" + "\n".join(wrong[:20])
    at, fate = dice.choice(run.answers()), dice.choice(FATES)
    wrong = await trial.complaints_of_clients(at, fate)
    assert not wrong, f"SEED={seed}, clients at {at}, {fate.name}:\n" + "\n".join(wrong[:20])


@pytest.mark.timeout(LIMIT_S)
async def test_nothing_acknowledged_is_lost_on_postgresql(
    recording: Recording, own_postgres: Postgres, tmp_path: Path, seed: str
) -> None:
    """The server answers for its own disk; the files beside it, which its rows name, must be there before them. Its state
    is that of the end, so that is where the power is cut: processes that die in the midst of their work come first."""
    url = own_postgres.create_database()
    run = await play(recording, seed, {**SETTINGS, "store.url": url}, CHANGES // 3, killed=True)
    trial = Trial(run, tmp_path, seed, Store(url=url, shards=1, pool_size=4))
    for fate in FATES:
        if fate is not EVERYTHING:
            wrong = await trial.complaints(recording.position(), fate)
            assert not wrong, f"SEED={seed}, {fate.name}:\n" + "\n".join(wrong[:20])
