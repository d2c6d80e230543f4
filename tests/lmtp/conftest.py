"""The LMTP front end over real services on either engine."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import msgspec
import pytest

from skrytka.core import Core
from skrytka.settings import Limits, Settings
from skrytka.settings import Serve as ServeSettings
from skrytka.store.opening import Databases
from skrytka_lmtp.server import converse
from skrytka_lmtp.settings import LmtpSettings
from tests.front_ends import Serve, open_core, serving

MESSAGE_OCTETS = 2_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A name for the greeting, and a message limit that a transcript can exceed."""
    return msgspec.structs.replace(
        settings, serve=ServeSettings(hostname="mx.example.org"), limits=Limits(message_octets=MESSAGE_OCTETS)
    )


@pytest.fixture
async def core(settings: Settings, open_databases: Databases) -> AsyncIterator[Core]:
    async with open_core(open_databases, settings) as core:
        yield core


@pytest.fixture
async def serve(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Serve[LmtpSettings]]:
    """Call it with settings for a served front end."""
    async with serving(core, converse, tls_contexts[0]) as serve:
        yield serve
