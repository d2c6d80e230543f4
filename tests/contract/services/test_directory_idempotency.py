"""Idempotency-Key: done once, answered as often as asked."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.core import Core
from skrytka.errors import Conflict, Invalid
from skrytka.services import idempotency
from skrytka.services.idempotency import Answer
from tests.contract.provisioning import Clock, vary


async def test_the_first_answer_again(core: Core) -> None:
    assert await idempotency.begin(core, "key:1", "digest") is None
    await idempotency.finish(core, "key:1", 201, b'{"a": 1}')
    for _ in range(2):
        assert await idempotency.begin(core, "key:1", "digest") == Answer(201, b'{"a": 1}')
    assert await idempotency.begin(core, "key:2", "digest") is None


async def test_another_request_under_the_key(core: Core) -> None:
    await idempotency.begin(core, "key:1", "digest")
    with pytest.raises(Invalid):
        await idempotency.begin(core, "key:1", "other")
    await idempotency.finish(core, "key:1", 200, b"")
    with pytest.raises(Invalid):
        await idempotency.begin(core, "key:1", "other")


async def test_at_once(core: Core) -> None:
    results = await asyncio.gather(
        *(idempotency.begin(core, "key:1", "digest") for _ in range(8)), return_exceptions=True
    )
    assert results.count(None) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7


async def test_a_failed_request_frees_the_key(core: Core) -> None:
    await idempotency.begin(core, "key:1", "digest")
    await idempotency.forget(core, "key:1")
    assert await idempotency.begin(core, "key:1", "other") is None
    await idempotency.finish(core, "key:1", 200, b"x")
    await idempotency.forget(core, "key:1")
    assert await idempotency.begin(core, "key:1", "other") == Answer(200, b"x")


async def test_a_dead_request_frees_the_key_in_time(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await idempotency.begin(core, "key:1", "digest")
    clock.forward(600)
    with pytest.raises(Conflict):
        await idempotency.begin(core, "key:1", "digest")
    clock.forward(1)
    assert await idempotency.begin(core, "key:1", "digest") is None


async def test_an_answer_that_comes_too_late_replaces_none(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await idempotency.begin(core, "key:1", "digest")
    clock.forward(601)
    assert await idempotency.begin(core, "key:1", "digest") is None
    await idempotency.finish(core, "key:1", 201, b"second")
    await idempotency.finish(core, "key:1", 201, b"first")
    assert await idempotency.begin(core, "key:1", "digest") == Answer(201, b"second")


async def test_answers_are_kept_for_a_day(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await idempotency.begin(core, "key:1", "digest")
    await idempotency.finish(core, "key:1", 200, b"x")
    clock.forward(24 * 3_600)
    assert await idempotency.begin(core, "key:1", "digest") == Answer(200, b"x")
    clock.forward(1)
    assert await idempotency.begin(core, "key:1", "other") is None
