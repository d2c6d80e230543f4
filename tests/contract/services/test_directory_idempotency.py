"""Idempotency-Key: done once, answered as often as asked."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.core import Core
from skrytka.errors import Conflict, Invalid
from skrytka.services import idempotency
from skrytka.services.idempotency import Answer
from tests.contract.provisioning import Clock, claimed, vary


async def test_the_first_answer_again(core: Core) -> None:
    claim = await claimed(core, "key:1", "digest")
    await idempotency.finish(core, claim, 201, b'{"a": 1}')
    for _ in range(2):
        assert await idempotency.begin(core, "key:1", "digest") == Answer(201, b'{"a": 1}')
    await claimed(core, "key:2", "digest")


async def test_another_request_under_the_key(core: Core) -> None:
    claim = await claimed(core, "key:1", "digest")
    with pytest.raises(Invalid):
        await idempotency.begin(core, "key:1", "other")
    await idempotency.finish(core, claim, 200, b"")
    with pytest.raises(Invalid):
        await idempotency.begin(core, "key:1", "other")


async def test_at_once(core: Core) -> None:
    results = await asyncio.gather(
        *(idempotency.begin(core, "key:1", "digest") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(result, idempotency.Claim) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7


async def test_a_failed_request_frees_the_key(core: Core) -> None:
    await idempotency.forget(core, await claimed(core, "key:1", "digest"))
    claim = await claimed(core, "key:1", "other")
    await idempotency.finish(core, claim, 200, b"x")
    await idempotency.forget(core, claim)
    assert await idempotency.begin(core, "key:1", "other") == Answer(200, b"x")


async def test_a_dead_request_frees_the_key_in_time(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await claimed(core, "key:1", "digest")
    clock.forward(600)
    with pytest.raises(Conflict):
        await idempotency.begin(core, "key:1", "digest")
    clock.forward(1)
    await claimed(core, "key:1", "digest")


@pytest.mark.parametrize("other", ["digest", "another request"])
async def test_who_comes_back_when_another_has_the_key_does_not_answer_for_it(core: Core, other: str) -> None:
    """The other one may still be at work, or even be another request."""
    clock = Clock()
    core = vary(core, clock=clock)
    late = await claimed(core, "key:1", "digest")
    clock.forward(601)
    claim = await claimed(core, "key:1", other)
    await idempotency.finish(core, late, 201, b"late")
    await idempotency.forget(core, late)
    with pytest.raises(Conflict):
        await idempotency.begin(core, "key:1", other)
    await idempotency.finish(core, claim, 201, b"answer")
    await idempotency.finish(core, late, 201, b"late")
    assert await idempotency.begin(core, "key:1", other) == Answer(201, b"answer")


async def test_answers_are_kept_for_a_day(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await idempotency.finish(core, await claimed(core, "key:1", "digest"), 200, b"x")
    clock.forward(24 * 3_600)
    assert await idempotency.begin(core, "key:1", "digest") == Answer(200, b"x")
    clock.forward(1)
    await claimed(core, "key:1", "other")
