"""The recurring jobs: what each does in one run, and how often.

A run may stop anywhere and be done again. The next retention sweep goes on from the progress of the last; all others begin
anew, because what they did is out of their way.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec

from skrytka.core import Core
from skrytka.errors import Conflict, DomainError, Unavailable
from skrytka.services import collecting, indexing, mailboxes, retention_sweep
from skrytka.settings import Settings
from skrytka.store.operations import directory_mailboxes, idempotency_keys, jobs
from skrytka.store.operations.directory_mailboxes import MailboxScan
from skrytka.store.operations.idempotency_keys import Expired
from skrytka.store.operations.jobs import JobRun

log = logging.getLogger(__name__)

COMPLETE_INTERVAL_S = 5.0
EXPIRE_INTERVAL_S = 3_600.0
PAGE = 200
EXPIRE_BATCH = 1_000


class Job(msgspec.Struct, frozen=True):
    kind: str
    interval_s: Callable[[Settings], float]
    work: Callable[[Core, JobRun], Awaitable[None]]


async def save_progress(core: Core, run: JobRun, progress: int) -> None:
    """``Conflict`` when a later holder has the job."""
    saved = await core.directory.write(jobs.save_progress, JobRun(run.kind, run.lease_number, progress))
    if not saved:
        raise Conflict(f"A later process does the job {run.kind}")


async def complete_mailboxes(core: Core, run: JobRun) -> None:
    """Finish on the shards what requests or crashes left half done: creation, changes of limits, deletion.

    A shard that does not answer is left for the next run: each of its mailboxes would cost the patience with a store.
    """
    after_id = 0
    down: set[str] = set()
    while page := await core.directory.read(directory_mailboxes.scan_pending, MailboxScan(after_id, PAGE)):
        for mailbox in page:
            if mailbox.ref.shard in down:
                continue
            try:
                await mailboxes.complete(core, mailbox)
            except Unavailable as error:
                down.add(mailbox.ref.shard)
                log.warning("mailboxes on %s wait: %s", mailbox.ref.shard, error)
            except DomainError as error:
                log.warning("mailbox %s is not %s yet: %s", mailbox.ref.mailbox_id, mailbox.state, error)
        after_id = page[-1].ref.mailbox_id


async def sweep_retention(core: Core, run: JobRun) -> None:
    async def save(progress: int) -> None:
        await save_progress(core, run, progress)

    count = await retention_sweep.sweep(core, run.lease_number, run.progress, save)
    if count:
        log.info("retention took %d messages", count)


async def index_texts(core: Core, run: JobRun) -> None:
    """Bring the search index up to date where new mail fills a segment."""
    settings = core.settings.search
    if settings.index and (count := await indexing.index_all(core, run.lease_number, settings.segment_messages)):
        log.debug("%d segments of the search index were made", count)


async def expire_idempotency_keys(core: Core, run: JobRun) -> None:
    before = int(core.now()) - core.settings.rest.idempotency_hours * 3_600
    while await core.directory.write(idempotency_keys.delete_expired, Expired(before, EXPIRE_BATCH)) == EXPIRE_BATCH:
        pass


async def collect_expunged(core: Core, run: JobRun) -> None:
    """Drop the contents of expunged messages after their grace, what deleted folders left, and old log rows."""
    before = int(core.now() - core.settings.jobs.expunge_grace_s)
    for shard in core.shards:
        try:
            await collecting.collect_expired(core, shard, before)
        except Unavailable as error:
            log.warning("collection on the shard %s waits: %s", shard, error)


async def collect_blobs(core: Core, run: JobRun) -> None:
    """Drop blobs that no shard names; needs every shard to answer."""
    count = await collecting.collect_blobs(core)
    if count:
        log.info("%d blobs were deleted", count)


JOBS = (
    Job("mailboxes", lambda settings: COMPLETE_INTERVAL_S, complete_mailboxes),
    Job("retention", lambda settings: settings.jobs.retention_interval_s, sweep_retention),
    Job("expunged", lambda settings: settings.jobs.collect_interval_s, collect_expunged),
    Job("blobs", lambda settings: settings.jobs.collect_interval_s, collect_blobs),
    Job("search", lambda settings: settings.search.interval_s, index_texts),
    Job("idempotency", lambda settings: EXPIRE_INTERVAL_S, expire_idempotency_keys),
)
