"""The POP3 front end over real services on either engine."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from skrytka.core import Core
from skrytka.settings import Settings
from skrytka.store.opening import Databases
from skrytka_pop3.server import converse
from skrytka_pop3.settings import Pop3Settings
from tests.front_ends import Served, open_core, tls_contexts


@pytest.fixture
async def core(settings: Settings, open_databases: Databases) -> AsyncIterator[Core]:
    async with open_core(open_databases, settings) as core:
        yield core


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context and the clients'."""
    return tls_contexts(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def client_tls(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> ssl.SSLContext:
    return tls[1]


@pytest.fixture
async def serve(
    core: Core, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[Callable[[Pop3Settings], Served]]:
    """Call it with settings for a served front end."""
    served: list[Served] = []

    def start(settings: Pop3Settings) -> Served:
        served.append(Served(partial(converse, core, settings), tls[0]))
        return served[-1]

    yield start
    for one in served:
        await one.stop()
