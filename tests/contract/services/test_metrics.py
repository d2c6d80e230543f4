"""What ``/metrics`` counts: deliveries, logins, commits, expunges, retention, jobs, octets in flight."""

from __future__ import annotations

import dataclasses

import pytest
from prometheus_client.parser import text_string_to_metric_families

from skrytka import metrics
from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, NotFound, Suspended
from skrytka.extensions import Delivery
from skrytka.jobs import lease, runner
from skrytka.jobs.work import JOBS
from skrytka.model import Actor, MailboxRef, RetentionPolicy, Role, Status
from skrytka.services import (
    authentication,
    delivery,
    folders,
    inflight,
    mailboxes,
    messages,
    retention,
    retention_sweep,
)
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from tests.contract.provisioning import ADMIN, DAY_S, Clock, add_messages, make_mailbox, uids_of, vary
from tests.contract.services.conftest import with_extensions

MAIL = b"Subject: x\r\n\r\nx"


class Change:
    """How much a sample rose since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = name, labels
        self._before = self.now()

    def now(self) -> float:
        families = text_string_to_metric_families(metrics.exposition().decode())
        samples = (sample for family in families for sample in family.samples)
        return next((each.value for each in samples if (each.name, each.labels) == (self._name, self._labels)), 0.0)

    @property
    def value(self) -> float:
        return self.now() - self._before


async def test_deliveries_by_outcome(core: Core) -> None:
    await make_mailbox(core, "ann@example.org")
    await make_mailbox(core, "full@example.org")
    await mailboxes.put(core, ADMIN, "full@example.org", MailboxChange(quota=QuotaChange(messages=0)))
    delivered, full, unknown, suspended = (
        Change("skrytka_deliveries_total", outcome=outcome)
        for outcome in ("delivered", "over_quota", "not_found", "suspended")
    )
    routes = [await delivery.resolve(core, address) for address in ("ann@example.org", "full@example.org")]
    await delivery.deliver(core, ADMIN, "", routes, MAIL)
    with pytest.raises(NotFound):
        await delivery.resolve(core, "nobody@example.org")
    await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(status=Status.SUSPENDED))
    with pytest.raises(Suspended):
        await delivery.resolve(core, "ann@example.org")
    assert [each.value for each in (delivered, full, unknown, suspended)] == [1, 1, 1, 1]


async def test_logins_by_protocol_and_outcome(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core, "ann@example.org", "secret")
    entered = Change("skrytka_logins_total", protocol="pop3", outcome="ok")
    failed = Change("skrytka_logins_total", protocol="imap", outcome="authentication_failed")
    await authentication.login(core, Actor("", "pop3"), "ann@example.org", "secret")
    for _ in range(2):
        with pytest.raises(AuthenticationFailed):
            await authentication.login(core, Actor("", "imap"), "ann@example.org", "wrong")
    assert (entered.value, failed.value) == (1, 2)


async def test_commits_are_timed(core: Core) -> None:
    timed = Change("skrytka_commit_seconds_count", store="directory")
    await make_mailbox(core)
    assert timed.value > 0


async def test_expunges_and_retention(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    folder_id, uids = await add_messages(core, mailbox, 5)
    by_client, by_job = (Change("skrytka_messages_expunged_total", protocol=each) for each in ("cli", "job"))
    kept = {action: Change("skrytka_retention_messages_total", action=action) for action in ("delete", "trash")}
    await messages.expunge(core, ADMIN, mailbox.ref, folder_id, uids[:2], deleted_only=False)
    await retention.put(core, ADMIN, RetentionPolicy("inbox", "trash", 1, role=Role.INBOX))
    clock.forward(2 * DAY_S)
    await retention_sweep.sweep(core, 1, 0, _save)
    await retention.put(core, ADMIN, RetentionPolicy("trash", "delete", 1, role=Role.TRASH))
    clock.forward(2 * DAY_S)
    await retention_sweep.sweep(core, 2, 0, _save)
    assert (by_client.value, by_job.value) == (2, 3)
    assert (kept["trash"].value, kept["delete"].value) == (3, 3)


async def _save(_: int) -> None:
    pass


async def test_jobs_tell_when_they_ended(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    held = await lease.acquire(core, "tests")
    assert held is not None
    for job in JOBS:
        assert await runner.run_if_due(core, job, held)
    for job in JOBS:
        assert Change("skrytka_job_finished_timestamp_seconds", job=job.kind).now() == clock.now


async def test_octets_in_flight(core: Core) -> None:
    held = Change("skrytka_inflight_octets")
    assert inflight.reserve(core, 1_000)
    assert held.value == 1_000
    inflight.release(core, 1_000)
    assert held.value == 0


async def test_a_policy_disabled_during_a_sweep_stops_it(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_sweep, "MAILBOXES_PER_PAGE", 1)
    clock = Clock()
    core = vary(core, clock=clock)
    await make_mailbox(core, "user0@example.org")
    for number in range(1, 4):
        await mailboxes.put(core, ADMIN, f"user{number}@example.org", MailboxChange())
    found = await mailboxes.list_page(core, None, "", 10)
    for mailbox in found:
        await add_messages(core, mailbox, 1)
    await retention.put(core, ADMIN, RetentionPolicy("mistake", "delete", 1))
    clock.forward(2 * DAY_S)
    elapsed = 0.0

    def later() -> float:
        nonlocal elapsed
        elapsed += retention_sweep.POLICIES_S
        return elapsed

    async def disable(_: int) -> None:
        """After the first mailbox."""
        await retention.put(core, ADMIN, RetentionPolicy("mistake", "delete", 1, enabled=False))

    assert await retention_sweep.sweep(dataclasses.replace(core, elapsed=later), 1, 0, disable) == 1
    assert [len(await uids_of(core, mailbox, Role.INBOX)) for mailbox in found] == [0, 1, 1, 1]


class Unhashable(bytes):
    __hash__ = None  # type: ignore[assignment]


class Copying:
    """A filter that gives every recipient octets of its own, all the same."""

    async def filter(self, mailbox: MailboxRef, mail: Delivery) -> Delivery:
        return Delivery(mail.sender, mail.recipient, Unhashable(mail.octets))


async def test_a_mail_is_not_hashed_to_be_delivered(core: Core) -> None:
    """50 MiB would hold up the loop."""
    await make_mailbox(core, "ann@example.org")
    await mailboxes.put(core, ADMIN, "bob@example.org", MailboxChange())
    routes = [await delivery.resolve(core, address) for address in ("ann@example.org", "bob@example.org")]
    for served in (core, with_extensions(core, delivery_filters=[Copying()])):
        assert await delivery.deliver(served, ADMIN, "", routes, Unhashable(MAIL)) == [None, None]
    for route in routes:
        assert (await folders.get_by_role(core, route.mailbox, Role.INBOX)).messages == 2
