"""The POP3 front end over real services on either engine."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import msgspec
import pytest

from skrytka.core import Core
from skrytka.settings import Settings
from skrytka.store.opening import Databases
from skrytka_pop3.server import converse
from skrytka_pop3.settings import Pop3Settings
from tests.front_ends import Serve, oauth, open_core, serving
from tests.issuers import Issuer


@pytest.fixture
async def core(settings: Settings, open_databases: Databases, issuer: Issuer) -> AsyncIterator[Core]:
    async with open_core(open_databases, msgspec.structs.replace(settings, oauth=oauth(issuer))) as core:
        yield core


@pytest.fixture
async def serve(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Serve[Pop3Settings]]:
    """Call it with settings for a served front end."""
    async with serving(core, converse, tls_contexts[0]) as serve:
        yield serve
