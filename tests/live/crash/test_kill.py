"""SIGKILL in the midst of work: of all processes, of one worker, of PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from skrytka.settings import Settings, Store
from tests.live.conftest import StartService
from tests.live.crash import ageing
from tests.live.crash.campaign import SETTINGS, Campaign, provision
from tests.live.crash.crashes import AllKilled, Crash, PostgresKilled, WorkerKilled
from tests.live.serving import Service, run
from tests.servers import Postgres

LIMIT_S = 24 * 3600
"""As long as the rounds take that were asked for; each has a limit of its own."""


@pytest.mark.timeout(LIMIT_S)
async def test_nothing_acknowledged_is_lost_on_sqlite(
    start_service: StartService, tmp_path: Path, seed: str, rounds: int
) -> None:
    service = start_service(SETTINGS, data_dir=tmp_path / "var")
    provision(service)
    settings = Settings(data_dir=str(service.data_dir), store=Store(shards=2))
    crashes: dict[str, Crash] = {"all killed": AllKilled(), "a worker killed": WorkerKilled()}
    campaign = Campaign(service, settings, seed, crashes, lambda: ageing.age_sqlite(service.data_dir))
    await campaign.run(rounds)
    check_after_all(service, SETTINGS)


@pytest.mark.timeout(LIMIT_S)
async def test_nothing_acknowledged_is_lost_on_postgresql(
    start_service: StartService, own_postgres: Postgres, tmp_path: Path, seed: str, rounds: int
) -> None:
    url = own_postgres.create_database()
    given = {**SETTINGS, "store.url": url}
    service = start_service(given, data_dir=tmp_path / "var")
    provision(service)
    settings = Settings(data_dir=str(service.data_dir), store=Store(url=url, shards=2, pool_size=4))
    crashes: dict[str, Crash] = {
        "all killed": AllKilled(),
        "a worker killed": WorkerKilled(),
        "PostgreSQL killed": PostgresKilled(own_postgres),
    }
    campaign = Campaign(service, settings, seed, crashes, lambda: ageing.age_postgresql(own_postgres, url, 2))
    await campaign.run(rounds)
    check_after_all(service, given)


def check_after_all(service: Service, given: dict[str, str]) -> None:
    """The command itself, on what a service in good order left."""
    assert service.stop() == 0
    checked = run("check", data_dir=service.data_dir, given=given)
    assert checked.stdout == "Everything agrees.\n", checked.stderr
