"""The LMTP front end over real services on either engine."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
import pytest

from skrytka.core import Core
from skrytka.settings import Limits, Serve, Settings
from skrytka.store.opening import Databases
from skrytka_lmtp.server import converse
from skrytka_lmtp.settings import LmtpSettings
from tests.front_ends import Served, open_core, tls_contexts

MESSAGE_OCTETS = 2_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A name for the greeting, and a message limit that a transcript can exceed."""
    return msgspec.structs.replace(
        settings, serve=Serve(hostname="mx.example.org"), limits=Limits(message_octets=MESSAGE_OCTETS)
    )


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
) -> AsyncIterator[Callable[[LmtpSettings], Served]]:
    """Call it with settings for a served front end."""
    served: list[Served] = []

    def start(settings: LmtpSettings) -> Served:
        served.append(Served(partial(converse, core, settings), tls[0]))
        return served[-1]

    yield start
    for one in served:
        await one.stop()
