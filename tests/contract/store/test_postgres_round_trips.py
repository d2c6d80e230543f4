"""How often an operation waits for PostgreSQL: a proxy counts the changes from answers to requests on the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from skrytka.store.engines.postgres import PostgresDatabase
from skrytka.store.interface import Tx
from skrytka.store.migrate import migrate
from tests import servers
from tests.contract.store.conftest import make_counters
from tests.contract.store.operations import increment, value_of


class Line(asyncio.Protocol):
    """One end of a proxied connection; ``counter`` is told which end speaks."""

    def __init__(self, counter: Counter, speaker: str) -> None:
        self.counter = counter
        self.speaker = speaker
        self.waiting: list[bytes] = []
        self.other: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self.speaker == "client":
            self.connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        end = Line(self.counter, "server")
        end.other = self.transport
        self.other, _ = await asyncio.get_running_loop().create_connection(lambda: end, "127.0.0.1", self.counter.port)
        self.other.writelines(self.waiting)

    def data_received(self, data: bytes) -> None:
        self.counter.spoke(self.speaker)
        if self.other is None:
            self.waiting.append(data)
        else:
            self.other.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.other is not None:
            self.other.close()


class Counter:
    def __init__(self, port: int) -> None:
        self.port = port
        self.round_trips = 0
        self._last = ""

    def spoke(self, speaker: str) -> None:
        if speaker == "client" and self._last != "client":
            self.round_trips += 1
        self._last = speaker

    def restart(self) -> None:
        self.round_trips, self._last = 0, ""


@pytest.fixture
async def counted(postgres_server: servers.Postgres) -> AsyncIterator[tuple[PostgresDatabase, Counter]]:
    counter = Counter(postgres_server.port)
    proxy = await asyncio.get_running_loop().create_server(
        lambda: Line(counter, "client"), "127.0.0.1", servers.free_port()
    )
    port = proxy.sockets[0].getsockname()[1]
    url = postgres_server.create_database()
    database = PostgresDatabase("shard-0", url.replace(f":{counter.port}/", f":{port}/"), "skrytka_shard_0", 1, 10.0)
    await database.open()
    await migrate(database)
    await database.write(make_counters, database.engine)
    yield database, counter
    await database.close()
    proxy.close()
    postgres_server.drop_database(url)


async def deliver(tx: Tx, data: bytes) -> int:
    """The shape of a delivery: the counters first, then all else in one batch."""
    number = await increment(tx, "a")
    sql = "INSERT INTO counter (name, value, data) VALUES (?, ?, ?)"
    await tx.batch([(sql, (f"{part}{number}", number, data)) for part in ("message", "header", "body")])
    return number


async def test_a_delivery_takes_three_round_trips(counted: tuple[PostgresDatabase, Counter]) -> None:
    database, counter = counted
    for _ in range(2):  # prepares
        await database.write(deliver, b"x" * 4096)
    counter.restart()
    assert await database.write(deliver, b"x" * 4096) == 3
    assert counter.round_trips == 3


async def test_a_point_read_takes_one(counted: tuple[PostgresDatabase, Counter]) -> None:
    database, counter = counted
    await database.read(value_of, "a")
    counter.restart()
    assert await database.read(value_of, "a") == 0
    assert counter.round_trips == 1
