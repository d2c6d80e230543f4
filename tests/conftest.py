"""Fixtures of all tests: uvloop, private servers, settings and open databases on either engine.

A test that takes ``engine`` (or what is built on it: ``database_url``, ``settings``, ``open_databases``) runs once on SQLite and
once on PostgreSQL. The servers start when a test first asks for them, once per xdist worker.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
import uvloop

from skrytka.serve.self_signed import make_self_signed
from skrytka.serve.tls import server_context
from skrytka.settings import Settings, Store
from skrytka.store import opening
from tests import front_ends, issuers, memory, scram_client, servers
from tests.certificates import Authority, showing
from tests.issuers import Issuer

S = TypeVar("S", bound=servers.Server)

# ``make fuzz`` plays for long and finds new examples each time; ``make test`` plays the same ones on every machine.
hypothesis.settings.register_profile("default", deadline=None, derandomize=True)
hypothesis.settings.register_profile(
    "long",
    deadline=None,
    print_blob=True,
    max_examples=int(os.environ.get("SKRYTKA_HYPOTHESIS_EXAMPLES", "20000")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile(os.environ.get("SKRYTKA_HYPOTHESIS_PROFILE", "default"))

tempfile.tempdir = str(memory.folder())  # pytest's ``tmp_path`` and the servers' folders are in it


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that the service runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that are given more time than others take longest. They come first in each process, or one would end the run alone.

    pytest-xdist gives each process one contiguous part of the list, and shares out anew what is left at the end.
    """
    usual = float(config.getini("timeout"))
    longest = [item for item in items if _limit_s(item) > usual]
    others = [item for item in items if _limit_s(item) <= usual]
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    size = len(items) / processes
    dealt: list[pytest.Item] = []
    for number in range(processes):
        dealt += longest[number::processes]
        end = round(size * (number + 1))
        dealt += [others.pop(0) for _ in range(min(end - len(dealt), len(others)))]
    items[:] = dealt


def _limit_s(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark else 0.0


def _start(make: Callable[[], S]) -> S:
    try:
        server = make()
    except servers.Missing as missing:
        text = f"install it with: {missing}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    """A private PostgreSQL. Tests that kill it start it again themselves, or take one of their own."""
    server = _start(servers.Postgres)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Redis]:
    """A private Redis, shared: tests use channels of their own."""
    server = _start(servers.Redis)
    yield server
    server.remove()


@pytest.fixture
def own_postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL of this test alone, to kill and pause."""
    server = _start(servers.Postgres)
    yield server
    server.remove()


@pytest.fixture
def own_redis() -> Iterator[servers.Redis]:
    """A Redis of this test alone, to kill and pause."""
    server = _start(servers.Redis)
    yield server
    server.remove()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Call it for a port that nobody listens on."""
    return servers.free_port


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Runs the test on both engines."""
    return str(request.param)


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """An empty folder on a disk, whose syncs take their time: for crashes in the midst of them, and for who waits for them."""
    with tempfile.TemporaryDirectory(prefix="skrytka-disk-", dir=memory.DISK) as folder:
        yield Path(folder)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data directory."""
    folder = tmp_path / "var"
    folder.mkdir()
    return folder


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A ``store.url`` with nothing in it: ``sqlite:`` (files in ``data_dir``) or a new PostgreSQL database."""
    if engine == "sqlite":
        yield "sqlite:"
        return
    server: servers.Postgres = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def empty_settings(database_url: str, data_dir: Path) -> Settings:
    """Settings of an installation that was never started, with two shards."""
    return installation(database_url, data_dir)


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose databases were migrated and never used; to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(installation("sqlite:", folder))
    return folder


@pytest.fixture(scope="session")
def migrated_database(postgres_server: servers.Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a PostgreSQL database that was migrated and never used; to be copied."""
    url = postgres_server.create_database()
    _migrate(installation(url, tmp_path_factory.mktemp("migrated")))
    return url


@pytest.fixture
def settings(engine: str, data_dir: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a fresh installation with two shards. Its databases are migrated, which takes longest, and no more."""
    if engine == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated_files"), data_dir, dirs_exist_ok=True)
        yield installation("sqlite:", data_dir)
        return
    server: servers.Postgres = request.getfixturevalue("postgres_server")
    url = server.create_database(request.getfixturevalue("migrated_database"))
    yield installation(url, data_dir)
    server.drop_database(url)


def installation(database_url: str, data_dir: Path) -> Settings:
    return Settings(data_dir=str(data_dir), store=Store(url=database_url, shards=2, pool_size=5))


def _migrate(settings: Settings) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(opening.migrate_databases(settings))


@pytest.fixture(scope="session")
def server_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A server's certificate and key, made once."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make_self_signed(certificate, key, "mx.example.org")
    return certificate, key


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whose certificates of clients the server of ``tls_contexts`` believes."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tls_contexts(server_pair: tuple[Path, Path], authority: Authority) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and its clients'."""
    client = ssl.create_default_context(cafile=server_pair[0])
    client.check_hostname = False
    return server_context(*server_pair, str(authority.certificate)), client


@pytest.fixture(scope="session")
def client_certificates(authority: Authority) -> dict[str, ssl.SSLContext]:
    """Contexts of clients that show a certificate, by the names that transcripts have for these."""
    emails = {"ann": ["ann@example.org"], "both": ["ann@example.org", "bob@example.org"], "nobody": ["no@example.org"]}
    return {name: showing(authority.issue(*names)) for name, names in emails.items()}


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """An issuer of tokens, shared: whoever changes what it answers takes one of his own."""
    issuer = Issuer()
    yield issuer
    issuer.stop()


@pytest.fixture
async def open_databases(settings: Settings) -> AsyncIterator[opening.Databases]:
    """The opened ``directory`` and ``shards`` of a fresh installation."""
    opened = await opening.open_databases(settings)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def known_names(issuer: Issuer, server_pair: tuple[Path, Path]) -> dict[str, str]:
    """What transcripts of logins cannot spell out: tokens of the issuer, and proofs that are bound to the certificate."""
    bound = scram_client.bound_names(server_pair[0], "ann@example.org", front_ends.PASSWORD)
    return {**issuers.names(issuer), **bound}
