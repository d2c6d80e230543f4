"""The private servers themselves: a crash keeps what was committed, a paused server keeps its connections."""

from __future__ import annotations

import asyncio

import uvloop

from tests import servers


def test_postgres_keeps_what_it_committed_over_a_crash(own_postgres: servers.Postgres) -> None:
    own_postgres.sql("CREATE TABLE kept (number integer)")
    own_postgres.sql("INSERT INTO kept VALUES (7)")
    own_postgres.kill()
    assert not own_postgres.answers()
    own_postgres.start()
    assert own_postgres.sql("SELECT number FROM kept") == "7"


def test_postgres_makes_and_drops_databases(postgres_server: servers.Postgres) -> None:
    url = postgres_server.create_database()
    assert postgres_server.sql("SELECT current_database()", url.rsplit("/", 1)[1]) == url.rsplit("/", 1)[1]
    postgres_server.drop_database(url)
    name = url.rsplit("/", 1)[1]
    assert postgres_server.sql(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "0"


def test_redis_stops_and_starts(own_redis: servers.Redis) -> None:
    assert own_redis.answers()
    own_redis.stop()
    assert not own_redis.answers()
    own_redis.start()
    assert own_redis.answers()


async def test_loop_is_uvloop() -> None:
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
