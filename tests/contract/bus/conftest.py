"""Both implementations of the bus; each bus that a test opens stands for one process."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from skrytka.bus.interface import Bus
from skrytka.bus.opening import open_bus
from skrytka.settings import Bus as BusSettings
from skrytka.settings import Redis, Settings
from tests import servers

OpenBus = Callable[..., Awaitable[Bus]]
_databases = itertools.cycle(range(16))


@pytest.fixture(params=["local", "redis"])
def bus_settings(request: pytest.FixtureRequest, data_dir: Path) -> Settings:
    """Settings of one installation. On Redis each test has channels of its own, which the number of the database names."""
    url = ""
    if request.param == "redis":
        server: servers.Redis = request.getfixturevalue("redis_server")
        url = server.url(next(_databases))
    return Settings(data_dir=str(data_dir), redis=Redis(url=url), bus=BusSettings(poll_interval_s=3_600))


@pytest.fixture
async def opened_buses() -> AsyncIterator[Callable[[Settings], Awaitable[Bus]]]:
    """Opens buses and closes them after the test."""
    buses: list[Bus] = []

    async def opened(settings: Settings) -> Bus:
        bus = await open_bus(settings)
        buses.append(bus)
        return bus

    yield opened
    for bus in buses:
        await bus.close()


@pytest.fixture
def another(bus_settings: Settings, opened_buses: Callable[[Settings], Awaitable[Bus]]) -> Callable[[], Awaitable[Bus]]:
    """Call it for one more bus of the same installation."""
    return lambda: opened_buses(bus_settings)
