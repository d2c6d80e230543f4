"""The API over real services on both engines, called through its ASGI door with a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from skrytka.core import Core
from skrytka.model import Actor
from skrytka.rest.app import create_app
from skrytka.rest.outermost import Outermost
from skrytka.services import keys
from skrytka.settings import Settings
from tests.cores import open_core

if TYPE_CHECKING:
    from skrytka.store.opening import Databases


@pytest.fixture
async def core(open_databases: Databases, settings: Settings) -> AsyncIterator[Core]:
    async with open_core(open_databases, settings) as core:
        yield core


@pytest.fixture
async def api(core: Core) -> AsyncIterator[AsyncClient]:
    """A client with a valid key."""
    _, secret = await keys.create(core, Actor("tests", "cli"), "tests")
    transport = ASGITransport(cast(Any, Outermost(create_app(core))), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {secret}"}
    async with AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


@pytest.fixture
async def ann(api: AsyncClient) -> None:
    """A mailbox without a password, in a domain of its own."""
    await api.put("/v1/domains/example.org")
    await api.put("/v1/mailboxes/ann@example.org")
