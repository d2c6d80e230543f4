"""Runs the recurring jobs in whichever process holds the lease; every worker calls ``run`` and all but one wait."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence

from skrytka import metrics
from skrytka.core import Core
from skrytka.errors import Conflict, Unavailable
from skrytka.jobs import lease
from skrytka.jobs.work import JOBS, Job
from skrytka.store.operations import jobs
from skrytka.store.operations.jobs import JobAsk, JobFinish, LeaseHeld

log = logging.getLogger(__name__)

POLL_S = 5.0
"""How often a waiting process asks for the lease, and the holder for work that is due."""


async def run(core: Core, worker_name: str, stop: asyncio.Event) -> None:
    """Do the background work while this process has the lease, until ``stop``."""
    # A worker that is started again is another holder: what its predecessor still runs has an older number.
    holder = f"{worker_name}-{secrets.token_hex(4)}"
    while not stop.is_set():
        try:
            held = await lease.acquire(core, holder)
        except Unavailable as error:
            log.warning("background work waits: %s", error)
            held = None
        if held is None:
            await _wait(stop, POLL_S)
            continue
        try:
            await _work(core, held, stop)
        finally:
            await lease.release(core, held)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _work(core: Core, held: LeaseHeld, stop: asyncio.Event) -> None:
    """All jobs side by side, until the lease is lost or the process stops."""
    ends = [asyncio.create_task(lease.keep(core, held)), asyncio.create_task(stop.wait())]
    loops = [asyncio.create_task(repeat(core, job, held)) for job in JOBS]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel([*ends, *loops])


async def _cancel(tasks: Sequence[asyncio.Task[object]]) -> None:
    """An operation of a cancelled job still commits or not by itself; batches are idempotent."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("background work ended with a fault", exc_info=result)


async def repeat(core: Core, job: Job, held: LeaseHeld) -> None:
    """Run one job whenever it is due. A fault in it is logged and it is tried again after its interval."""
    interval_s = job.interval_s(core.settings)
    while True:
        try:
            await run_if_due(core, job, held)
        except Conflict as conflict:
            log.info("%s", conflict)
        except Unavailable as error:
            log.warning("the job %s waits: %s", job.kind, error)
        except Exception:
            log.exception("the job %s failed", job.kind)
        await asyncio.sleep(min(interval_s, POLL_S))


async def run_if_due(core: Core, job: Job, held: LeaseHeld) -> bool:
    """One run, from the beginning or from where an earlier holder stopped; False when nothing is due."""
    now = int(core.now())
    ask = JobAsk(job.kind, held.number, now, job.interval_s(core.settings))
    if not await core.directory.read(jobs.due, ask):
        return False
    run = await core.directory.write(jobs.begin, ask)
    if run is None:
        return False
    await job.work(core, run)
    finished = int(core.now())
    due_at = int(finished + job.interval_s(core.settings))
    await core.directory.write(jobs.finish, JobFinish(job.kind, held.number, finished, due_at))
    metrics.JOB_FINISHED.labels(job.kind).set(finished)
    return True
