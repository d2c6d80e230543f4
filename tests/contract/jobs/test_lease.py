"""The lease: one holder, rising numbers."""

from __future__ import annotations

import asyncio

from skrytka.core import Core
from skrytka.jobs import lease
from skrytka.store.interface import Tx
from skrytka.store.operations import jobs
from skrytka.store.operations.jobs import LeaseHeld, LeaseRenew
from tests.contract.provisioning import Clock, vary


async def test_one_of_many_gets_it(core: Core) -> None:
    results = await asyncio.gather(*(lease.acquire(core, f"worker-{number}") for number in range(8)))
    (held,) = [result for result in results if result is not None]
    assert (held.name, held.number) == ("jobs", 1)
    assert await lease.acquire(core, "late") is None


async def test_numbers_rise_with_every_holder(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    first = await lease.acquire(core, "a")
    assert first == LeaseHeld("jobs", "a", 1)
    clock.forward(lease.LEASE_S - 1)
    assert await lease.acquire(core, "b") is None
    clock.forward(1)
    second = await lease.acquire(core, "b")
    assert second == LeaseHeld("jobs", "b", 2)
    assert not await core.directory.write(jobs.renew, LeaseRenew(first, int(clock()) + 30))
    assert await core.directory.write(jobs.renew, LeaseRenew(second, int(clock()) + 60))
    clock.forward(59)
    assert await lease.acquire(core, "a") is None
    await lease.release(core, first)
    assert await lease.acquire(core, "a") is None
    await lease.release(core, second)
    assert await lease.acquire(core, "a") == LeaseHeld("jobs", "a", 3)


async def test_a_clock_that_was_ahead_keeps_nobody_from_the_lease(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    clock.forward(365 * 86_400)
    assert await lease.acquire(core, "ahead") is not None
    clock.forward(-364 * 86_400)
    assert await lease.acquire(core, "right") == LeaseHeld("jobs", "right", 2)


async def test_keeping_ends_when_it_is_taken_over(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    held = await lease.acquire(core, "a")
    assert held is not None
    clock.forward(lease.LEASE_S)
    assert await lease.acquire(core, "b") is not None
    await asyncio.wait_for(lease.keep(core, held, interval_s=0.01), 10)


async def test_keeping_renews(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    held = await lease.acquire(core, "a")
    assert held is not None
    clock.forward(lease.LEASE_S - 1)
    keeping = asyncio.create_task(lease.keep(core, held, interval_s=0.005))

    async def expiry() -> int:
        return await core.directory.read(_expires_at, None)

    before = await expiry()
    while await expiry() == before:
        await asyncio.sleep(0.005)
    assert await expiry() == int(clock()) + lease.LEASE_S
    assert not keeping.done()
    keeping.cancel()


async def _expires_at(tx: Tx, values: None) -> int:
    row = await tx.row("SELECT expires_at FROM lease")
    assert row is not None
    return int(row[0])
