"""The runner: due work is done once, by one of several processes, and gone on with after a crash."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import Conflict, NotFound, Unavailable
from skrytka.jobs import lease, runner, work
from skrytka.jobs.work import JOBS, Job
from skrytka.model import UNCONDITIONAL, Mailbox, NewMessage, RetentionPolicy, Role
from skrytka.services import contents, domains, folders, idempotency, mailboxes, messages, quota, retention
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Jobs, Search
from skrytka.store.interface import Tx
from skrytka.store.operations import directory_mailboxes
from skrytka.store.operations.directory_mailboxes import MailboxDelete, MailboxScan
from skrytka.store.operations.jobs import JobRun, LeaseHeld
from tests.contract.provisioning import ADMIN, DAY_S, Clock, add_messages, make_mailbox, uids_of, vary
from tests.contract.services.mails import age_blobs, blob_keys
from tests.contract.shards import Down

BY_KIND = {job.kind: job for job in JOBS}


async def hold(core: Core, holder: str = "a") -> LeaseHeld:
    held = await lease.acquire(core, holder)
    assert held is not None
    return held


async def test_a_kind_runs_when_it_is_due(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    held = await hold(core)
    runs: list[JobRun] = []

    async def note(core: Core, run: JobRun) -> None:
        runs.append(run)

    job = Job("note", lambda settings: 100.0, note)
    assert await runner.run_if_due(core, job, held)
    assert not await runner.run_if_due(core, job, held)
    clock.forward(99)
    assert not await runner.run_if_due(core, job, held)
    clock.forward(1)
    assert await runner.run_if_due(core, job, held)
    assert runs == [JobRun("note", 1, 0)] * 2


async def test_a_clock_that_was_ahead_puts_nothing_off(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    held = await hold(core)

    async def nothing(core: Core, run: JobRun) -> None:
        """Only that it runs."""

    job = Job("note", lambda settings: 100.0, nothing)
    clock.forward(365 * DAY_S)
    assert await runner.run_if_due(core, job, held)
    clock.forward(-364 * DAY_S)
    assert await runner.run_if_due(core, job, held)
    assert not await runner.run_if_due(core, job, held)


async def test_a_shard_that_is_down_is_asked_once_in_a_run(core: Core) -> None:
    boxes = [await make_mailbox(vary(core), f"user{number}@example.org") for number in range(6)]
    await core.directory.write(_execute, "UPDATE mailbox SET pending = 1")
    down = Down(core.shards[boxes[0].ref.shard])
    await runner.run_if_due(
        dataclasses.replace(core, shards={**core.shards, down.name: down}), BY_KIND["mailboxes"], await hold(core)
    )
    assert down.refused == 1
    left = await core.directory.read(directory_mailboxes.scan_pending, MailboxScan(0, 100))
    assert {mailbox.ref.shard for mailbox in left} == {down.name}


async def _execute(tx: Tx, sql: str) -> None:
    await tx.execute(sql)


async def test_a_later_holder_goes_on_and_the_earlier_one_cannot(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    first = await hold(core)

    async def stop_half_way(core: Core, run: JobRun) -> None:
        await work.save_progress(core, run, 17)
        raise Unavailable("The process dies here")

    with pytest.raises(Unavailable):
        await runner.run_if_due(core, Job("walk", lambda settings: 100.0, stop_half_way), first)
    clock.forward(lease.LEASE_S)
    second = await hold(core, "b")
    seen: list[int] = []

    async def go_on(core: Core, run: JobRun) -> None:
        seen.append(run.progress)
        with pytest.raises(Conflict):
            await work.save_progress(core, JobRun("walk", first.number, 0), 99)
        await work.save_progress(core, run, 18)

    walk = Job("walk", lambda settings: 100.0, go_on)
    assert await runner.run_if_due(core, walk, second)
    assert seen == [17]
    clock.forward(100)
    assert not await runner.run_if_due(core, walk, first)
    assert await runner.run_if_due(core, Job("walk", lambda settings: 100.0, _starts_at_nothing), second)


async def _starts_at_nothing(core: Core, run: JobRun) -> None:
    assert run.progress == 0


async def test_a_fault_is_logged_and_the_job_tried_again(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    held = await hold(core)
    done = asyncio.Event()
    faults: list[Exception] = [ZeroDivisionError(), Unavailable("down"), Conflict("late")]

    async def fail(core: Core, run: JobRun) -> None:
        if faults:
            raise faults.pop()
        done.set()

    repeating = asyncio.create_task(runner.repeat(core, Job("fail", lambda settings: 0.01, fail), held))
    await asyncio.wait_for(done.wait(), 10)
    repeating.cancel()
    assert "the job fail failed" in caplog.text
    assert "the job fail waits: down" in caplog.text


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_one_of_several_runners_works_and_another_follows(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    async def note(core: Core, run: JobRun) -> None:
        ran.append(run.lease_number)

    monkeypatch.setattr(runner, "JOBS", (Job("note", lambda settings: 0.01, note),))
    monkeypatch.setattr(runner, "POLL_S", 0.01)
    stops = [asyncio.Event() for _ in range(3)]
    runners = [asyncio.create_task(runner.run(core, f"worker-{n}", stop)) for n, stop in enumerate(stops)]
    await eventually(lambda: len(ran) >= 3)
    assert set(ran) == {1}
    holder = await core.directory.read(_holder, None)
    number = int(holder.split("-")[1])
    stops[number].set()
    await asyncio.wait_for(runners[number], 10)
    await eventually(lambda: ran[-1] == 2)
    assert ran == sorted(ran)
    for stop in stops:
        stop.set()
    await asyncio.wait_for(asyncio.gather(*runners), 10)


async def _holder(tx: Tx, values: None) -> str:
    row = await tx.row("SELECT holder FROM lease")
    assert row is not None
    return str(row[0])


async def run_all(core: Core, clock: Clock) -> None:
    held = await hold(core)
    for job in JOBS:
        assert await runner.run_if_due(core, job, held)


async def test_deletion_is_completed(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await add_messages(core, mailbox, 3)
    doomed = MailboxDelete(mailbox.ref.mailbox_id, "ann@example.org", UNCONDITIONAL, 0)
    await core.directory.write(directory_mailboxes.begin_deletion, doomed)
    assert (await quota.get(core, mailbox.ref))[1].messages == 3
    await run_all(core, clock)
    with pytest.raises(NotFound):
        await quota.get(core, mailbox.ref)
    assert await core.directory.read(directory_mailboxes.get_by_id, mailbox.ref.mailbox_id) is None


async def test_creation_is_completed(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await domains.put(core, ADMIN, "example.org")
    nowhere = dataclasses.replace(core, shards={name: _Down() for name in core.shards})  # type: ignore[misc]
    with pytest.raises(Unavailable):
        await mailboxes.put(nowhere, ADMIN, "ann@example.org", MailboxChange())
    await run_all(core, clock)
    mailbox = await mailboxes.get(core, "ann@example.org")
    assert mailbox.state == "active"
    assert len(await folders.list_all(core, mailbox.ref)) == 6


class _Down:
    """A shard that cannot be reached."""

    async def write(self, op: object, values: object, committed: object = None) -> None:
        raise Unavailable("The shard is down")


async def test_retention_needs_nobody_to_log_in(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await add_messages(core, mailbox, 3)
    await retention.put(core, ADMIN, RetentionPolicy("week", "delete", 7))
    clock.forward(7 * DAY_S)
    told = asyncio.Event()
    watch = await core.bus.watch(mailbox.ref.mailbox_id, told.set)
    await run_all(core, clock)
    assert await uids_of(core, mailbox, Role.INBOX) == []
    await asyncio.wait_for(told.wait(), 10)
    await watch.close()


async def test_expunged_contents_and_blobs_are_collected(core: Core) -> None:
    clock, elapsed = Clock(), Clock()
    core = dataclasses.replace(vary(core, clock=clock), elapsed=elapsed)
    mailbox = await make_mailbox(core)
    inbox = await folders.get_by_role(core, mailbox.ref, Role.INBOX)
    mail = NewMessage(b"Subject: large\r\n\r\n" + random.Random(1).randbytes(200_000))
    appended = await messages.append(core, ADMIN, mailbox.ref, inbox.folder_id, [mail])
    row = await messages.row(core, mailbox.ref, inbox.folder_id, appended.uids[0])
    await messages.expunge(core, ADMIN, mailbox.ref, inbox.folder_id, appended.uids, deleted_only=False)
    held = await hold(core)
    await runner.run_if_due(core, BY_KIND["expunged"], held)
    assert await contents.octets(core, mailbox.ref, row.content_id) == mail.octets
    clock.forward(3_601)
    await runner.run_if_due(core, BY_KIND["expunged"], held)
    with pytest.raises(NotFound):
        await contents.octets(core, mailbox.ref, row.content_id)
    await age_blobs(core, 3_700)
    await runner.run_if_due(core, BY_KIND["blobs"], held)
    assert len(await blob_keys(core)) == 1
    for each in (clock, elapsed):
        each.forward(3_600)
    await runner.run_if_due(core, BY_KIND["blobs"], held)
    assert await blob_keys(core) == set()


async def test_old_idempotency_keys_go(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """In as many batches as it takes."""
    monkeypatch.setattr(work, "EXPIRE_BATCH", 2)
    clock = Clock()
    core = vary(core, clock=clock)
    for number in range(5):
        await idempotency.begin(core, f"key {number}", "digest")
    clock.forward(24 * 3_600 + 1)
    await idempotency.begin(core, "young", "digest")
    await run_all(core, clock)
    assert await core.directory.read(_keys, None) == ["young"]


async def _keys(tx: Tx, values: None) -> list[str]:
    return [row[0] for row in await tx.rows("SELECT key FROM idempotency")]


def test_intervals_come_from_the_settings(core: Core) -> None:
    jobs = Jobs(retention_interval_s=7.0, collect_interval_s=8.0)
    settings = msgspec.structs.replace(core.settings, jobs=jobs, search=Search(interval_s=9.0))
    assert {kind: job.interval_s(settings) for kind, job in BY_KIND.items()} == {
        "mailboxes": 5.0,
        "retention": 7.0,
        "expunged": 8.0,
        "blobs": 8.0,
        "search": 9.0,
        "idempotency": 3_600.0,
    }


async def test_one_mailbox_that_cannot_be_completed_does_not_hold_up_the_next(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    await domains.put(core, ADMIN, "example.org")
    nowhere = dataclasses.replace(core, shards={name: _Down() for name in core.shards})  # type: ignore[misc]
    for name in ("ann", "bob"):
        with pytest.raises(Unavailable):
            await mailboxes.put(nowhere, ADMIN, f"{name}@example.org", MailboxChange())
    boxes: list[Mailbox] = await mailboxes.list_page(core, None, "", 10)
    half = {name: shard for name, shard in core.shards.items() if name != boxes[0].ref.shard}
    await runner.run_if_due(dataclasses.replace(core, shards=half), BY_KIND["mailboxes"], await hold(core))
    assert [mailbox.state.value for mailbox in await mailboxes.list_page(core, None, "", 10)] == ["creating", "active"]
