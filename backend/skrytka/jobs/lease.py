"""The lease under which one process does the background work of the whole deployment.

Hosts' clocks may differ: a lease taken over too early does no harm, because shards and job rows refuse the older number.
"""

from __future__ import annotations

import asyncio
import logging

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.store.operations import jobs
from skrytka.store.operations.jobs import LeaseAsk, LeaseHeld, LeaseRenew

log = logging.getLogger(__name__)

NAME = "jobs"
LEASE_S = 30
RENEW_S = 10.0


async def acquire(core: Core, holder: str) -> LeaseHeld | None:
    """None while another process has it."""
    now = int(core.now())
    return await core.directory.write(jobs.acquire, LeaseAsk(NAME, holder, now, now + LEASE_S))


async def keep(core: Core, lease: LeaseHeld, interval_s: float = RENEW_S) -> None:
    """Renew until it is lost: taken over, or not renewed for its whole length."""
    loop = asyncio.get_running_loop()
    good_until = loop.time() + LEASE_S
    while loop.time() < good_until:
        await asyncio.sleep(interval_s)
        try:
            if not await core.directory.write(jobs.renew, LeaseRenew(lease, int(core.now()) + LEASE_S)):
                log.warning("the lease of the background work was taken over")
                return
        except Unavailable as error:
            log.warning("the lease of the background work cannot be renewed now: %s", error)
        else:
            good_until = loop.time() + LEASE_S


async def release(core: Core, lease: LeaseHeld) -> None:
    """Let another process in at once instead of after its length."""
    try:
        await core.directory.write(jobs.release, lease)
    except Unavailable as error:
        log.warning("the lease of the background work runs out by itself: %s", error)
