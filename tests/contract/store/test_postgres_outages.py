"""PostgreSQL that conflicts, dies, sleeps and comes back."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from skrytka import errors
from skrytka.settings import Settings, Store
from skrytka.store import opening
from skrytka.store.engines.postgres import PostgresDatabase
from skrytka.store.interface import Tx, Unsuitable
from skrytka.store.migrate import migrate
from skrytka.store.watched import WatchedDatabase
from tests import servers
from tests.contract.store.conftest import make_counters
from tests.contract.store.operations import increment, value_of

TIMEOUT_S = 3.0


async def _open(server: servers.Postgres) -> PostgresDatabase:
    database = PostgresDatabase("shard-0", server.create_database(), "skrytka_shard_0", 5, TIMEOUT_S)
    await database.open()
    await migrate(database)
    await database.write(make_counters, database.engine)
    return database


@pytest.fixture
async def shared(postgres_server: servers.Postgres) -> AsyncIterator[PostgresDatabase]:
    database = await _open(postgres_server)
    yield database
    await database.close()


@pytest.fixture
async def own(own_postgres: servers.Postgres) -> AsyncIterator[PostgresDatabase]:
    database = await _open(own_postgres)
    yield database
    await database.close()


async def test_deadlocked_transactions_are_run_again(shared: PostgresDatabase) -> None:
    runs: list[tuple[str, str]] = []

    async def cross(tx: Tx, names: tuple[str, str]) -> None:
        runs.append(names)
        await increment(tx, names[0])
        await tx.rows("SELECT pg_sleep(0.2)::text")
        await increment(tx, names[1])

    await asyncio.gather(shared.write(cross, ("a", "b")), shared.write(cross, ("b", "a")))
    assert len(runs) >= 3  # they may meet again
    assert [await shared.read(value_of, name) for name in ("a", "b")] == [2, 2]


async def test_serialisation_failures_are_run_again(shared: PostgresDatabase) -> None:
    runs = 0

    async def read_then_write(tx: Tx, name: str) -> None:
        nonlocal runs
        runs += 1
        await tx.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        value = await value_of(tx, name)
        await tx.rows("SELECT pg_sleep(0.02)::text")
        await tx.execute("UPDATE counter SET value = ? WHERE name = ?", value + 1, name)

    await asyncio.gather(*(shared.write(read_then_write, "a") for _ in range(4)))
    assert runs > 4
    assert await shared.read(value_of, "a") == 4


async def test_connections_that_died_while_idle_are_replaced(
    shared: PostgresDatabase, postgres_server: servers.Postgres
) -> None:
    await asyncio.gather(*(shared.write(increment, "a") for _ in range(10)))
    postgres_server.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'skrytka'"
    )
    assert await shared.write(increment, "a") == 11
    assert await shared.read(value_of, "a") == 11


async def test_a_killed_server_loses_nothing_acknowledged_and_is_found_again(
    own: PostgresDatabase, own_postgres: servers.Postgres
) -> None:
    acknowledged = failed = 0
    some = asyncio.Event()

    async def writer() -> None:
        nonlocal acknowledged, failed
        while not failed:
            try:
                await own.write(increment, "a")
            except errors.Unavailable:
                failed += 1
                return
            acknowledged += 1
            if acknowledged >= 50:
                some.set()

    writers = [asyncio.create_task(writer()) for _ in range(5)]
    await some.wait()
    await asyncio.to_thread(own_postgres.kill)
    await asyncio.gather(*writers)
    with pytest.raises(errors.Unavailable):
        await own.read(value_of, "a")
    await asyncio.to_thread(own_postgres.start)
    assert acknowledged <= await own.read(value_of, "a") <= acknowledged + failed
    await own.write(increment, "b")
    assert await own.read(value_of, "b") == 1


async def test_a_connection_lost_during_commit_is_neither_acknowledged_nor_run_again(
    own: PostgresDatabase, own_postgres: servers.Postgres
) -> None:
    """COMMIT was sent and its answer never came: whether it was written is unknown, and a second run might write twice."""
    runs = 0

    async def sleep_at_commit(tx: Tx, _: None) -> None:
        await tx.execute(
            "CREATE FUNCTION sleepy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'"
        )
        await tx.execute(
            "CREATE CONSTRAINT TRIGGER sleepy AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.name = 'a') EXECUTE FUNCTION sleepy()"
        )

    async def counted(tx: Tx, name: str) -> int:
        nonlocal runs
        runs += 1
        return await increment(tx, name)

    await own.write(sleep_at_commit, None)
    told: list[int] = []
    writing = asyncio.create_task(own.write(counted, "a", told.append))
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'skrytka' AND query = 'COMMIT' AND wait_event = 'PgSleep'"
    )
    async with asyncio.timeout(TIMEOUT_S):
        while "1" not in str(await asyncio.to_thread(own_postgres.sql, cut)):
            await asyncio.sleep(0.02)
    with pytest.raises(errors.Unavailable, match="may or may not"):
        await writing
    assert runs == 1
    assert told == [1]  # it might have been written, and then nobody else would tell
    assert await own.read(value_of, "a") == 0
    assert await own.write(increment, "b") == 1


async def test_a_sleeping_server_is_unavailable_in_time(own: PostgresDatabase, own_postgres: servers.Postgres) -> None:
    loop = asyncio.get_running_loop()
    own_postgres.pause()
    began = loop.time()
    outcomes = await asyncio.gather(own.write(increment, "a"), own.read(value_of, "a"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [errors.Unavailable, errors.Unavailable]
    assert loop.time() - began < TIMEOUT_S + 2
    own_postgres.resume()
    before = await own.read(value_of, "a")
    assert await own.write(increment, "a") == before + 1


async def test_a_slow_statement_is_unavailable(shared: PostgresDatabase) -> None:
    async def sleep(tx: Tx, seconds: int) -> None:
        await tx.rows("SELECT pg_sleep(?)::text", float(seconds))

    with pytest.raises(errors.Unavailable):
        await shared.read(sleep, 60)
    assert await shared.write(increment, "a") == 1


async def test_of_what_nobody_waits_for_any_more_only_a_bug_is_logged_as_an_error(
    own: PostgresDatabase, own_postgres: servers.Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that goes away leaves its transaction running."""

    async def broken(tx: Tx, _: None) -> None:
        await tx.rows("SELECT pg_sleep(0.2)::text")
        raise ZeroDivisionError

    async def start_and_leave(write: Coroutine[Any, Any, object]) -> None:
        caller = asyncio.create_task(write)
        await asyncio.sleep(0.1)
        caller.cancel()
        await asyncio.wait({caller})

    await start_and_leave(own.write(broken, None))
    await asyncio.sleep(0.5)
    own_postgres.pause()
    await start_and_leave(own.write(increment, "a"))
    own_postgres.kill()
    await own.close()
    gc.collect()  # asyncio complains of a failure that was never asked for when its task goes
    bugs = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.exc_info and record.exc_info[0] for record in bugs] == [ZeroDivisionError]


async def test_a_server_that_is_not_there() -> None:
    port = servers.free_port()
    database = PostgresDatabase("shard-0", f"postgresql://x@127.0.0.1:{port}/x", "skrytka_shard_0", 2, TIMEOUT_S)
    with pytest.raises(errors.Unavailable):
        await database.open()


def set_for_all(server: servers.Postgres, url: str, setting: str) -> None:
    server.sql(f"ALTER DATABASE {url.rpartition('/')[2]} SET {setting}")


async def test_a_server_that_confirms_too_early_stops_the_start(
    postgres_server: servers.Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgres_server.create_database()
    settings = Settings(data_dir=str(tmp_path), store=Store(url=url, shards=1))
    await (await opening.open_databases(settings)).close()
    assert caplog.text.count("PostgreSQL runs with fsync off") == 1  # the tests' server
    set_for_all(postgres_server, url, "synchronous_commit = off")
    with pytest.raises(Unsuitable, match=r"^store.url, store.shard_urls: synchronous_commit is off for directory: "):
        await opening.open_databases(settings)
    set_for_all(postgres_server, url, "synchronous_commit = local")
    await (await opening.open_databases(settings)).close()


async def test_the_isolation_is_ours_whatever_the_default(postgres_server: servers.Postgres) -> None:
    url = postgres_server.create_database()
    set_for_all(postgres_server, url, "default_transaction_isolation = 'serializable'")
    database = PostgresDatabase("shard-0", url, "skrytka_shard_0", 2, TIMEOUT_S)
    await database.open()
    assert await database.write(isolation, None) == "read committed"
    await database.close()


async def isolation(tx: Tx, _: None) -> str:
    row = await tx.row("SELECT current_setting('transaction_isolation')")
    assert row is not None
    return str(row[0])


async def test_clients_are_not_told_where_the_database_is(
    own: PostgresDatabase, own_postgres: servers.Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    watched = WatchedDatabase(own)
    own_postgres.kill()
    for _ in range(3):
        with pytest.raises(errors.Unavailable) as refused:
            await watched.read(value_of, "1")
        assert str(refused.value) in ("The store shard-0 does not answer", "The store does not answer")
    [line] = [record.getMessage() for record in caplog.records if "outage" in record.getMessage()]
    told, _, words = line.partition("does not answer: ")
    assert told.startswith("reads of the store shard-0: outage: connection: The store"), line
    assert words, "the database's own words are in the log"
    assert "\n" not in words
