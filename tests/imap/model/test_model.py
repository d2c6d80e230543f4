"""Several sessions do random commands on the same folders, with REST and POP3 beside them.

The view of each, rebuilt from untagged responses alone, is what the store has, at every tagged OK of a command that may tell
all; FETCH, STORE and SEARCH tell all but what is gone. ``make fuzz`` plays it for long.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given, settings, strategies

from skrytka.core import Core
from skrytka.rest.app import create_app
from skrytka.rest.outermost import Outermost
from skrytka.services import keys
from skrytka_pop3.server import converse
from skrytka_pop3.settings import Pop3Settings
from tests import front_ends
from tests.front_ends import Served
from tests.imap.model import acts
from tests.imap.model.told import Kind
from tests.imap.model.world import World

KINDS = (Kind(), Kind(notified=True, rev2=True), Kind(uid_only=True, notified=True))
"""One session of each."""
SMALL = strategies.integers(0, 30)
ACTS = strategies.lists(
    strategies.builds(
        acts.Act,
        session=strategies.integers(0, len(KINDS) - 1),
        name=strategies.sampled_from(acts.NAMES),
        first=SMALL,
        last=SMALL,
        choice=SMALL,
        uid=strategies.booleans(),
    ),
    min_size=20,
    max_size=60,
)
EXAMPLES = settings().max_examples if settings.get_current_profile_name() == "long" else 10


@pytest.fixture
async def world(
    core: Core, served: Served, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[World]:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    pop3 = Served(partial(converse, core, Pop3Settings()), tls_contexts[0])
    _, secret = await keys.create(core, front_ends.ACTOR, "tests")
    transport = ASGITransport(cast(Any, Outermost(create_app(core))))
    headers = {"Authorization": f"Bearer {secret}"}
    async with AsyncClient(transport=transport, base_url="http://test", headers=headers) as rest:
        yield World(core, mailbox, served, pop3, rest)
    await pop3.stop()


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(played=ACTS)
async def test_every_session_is_told_what_the_store_has(world: World, played: list[acts.Act]) -> None:
    await world.begin()
    sessions = [await world.session(kind) for kind in KINDS]
    try:
        for told in sessions:
            await told.select("INBOX", read_only=False)
            await world.check(told, all_told=True)
        for act in played:
            await acts.do(world, sessions, act)
        for told in sessions:
            await acts.do(world, sessions, acts.Act(sessions.index(told), "noop"))
    finally:
        for told in sessions:
            await told.close()
