"""A session's leave to go on: a hint makes it look again, and without one it looks every few seconds."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.errors import NotFound, Suspended
from skrytka.model import Status
from skrytka.services import admission, domains, mailboxes
from skrytka.services.mailboxes import MailboxChange
from skrytka.store.interface import Tx
from tests.contract.provisioning import ADMIN, Clock, make_mailbox, vary


async def suspend_silently(tx: Tx, address: str) -> None:
    """What the provider does, without the hint."""
    await tx.execute("UPDATE mailbox SET status = 'suspended' WHERE address = ?", address)


async def test_without_a_hint_it_looks_every_five_seconds(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    admitted = await admission.admit(core, mailbox.ref)
    await admitted.confirm()
    await core.directory.write(suspend_silently, mailbox.ref.address)
    clock.now += 4.9
    await admitted.confirm()
    clock.now += 0.1
    with pytest.raises(Suspended):
        await admitted.confirm()
    with pytest.raises(Suspended):
        await admitted.confirm()
    await admitted.close()


async def test_the_first_look_is_at_once(core: Core) -> None:
    """What happened between the login and the watch has no hint that the session could hear."""
    mailbox = await make_mailbox(core)
    admitted = await admission.admit(core, mailbox.ref)
    await core.directory.write(suspend_silently, mailbox.ref.address)
    with pytest.raises(Suspended):
        await admitted.confirm()
    await admitted.close()


async def test_a_clock_that_goes_back_confirms_nothing(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    admitted = await admission.admit(core, mailbox.ref)
    await admitted.confirm()
    await core.directory.write(suspend_silently, mailbox.ref.address)
    clock.now -= 3_600
    with pytest.raises(Suspended):
        await admitted.confirm()
    await admitted.close()


async def test_hints(core: Core) -> None:
    """Suspension of mailbox and domain and deletion are seen at once, and told to who waits, until the session is over."""
    mailbox = await make_mailbox(core)
    told: list[None] = []
    admitted = await admission.admit(core, mailbox.ref, lambda: told.append(None))
    await admitted.confirm()
    await mailboxes.put(core, ADMIN, mailbox.ref.address, MailboxChange(status=Status.SUSPENDED))
    assert told
    with pytest.raises(Suspended):
        await admitted.confirm()
    await mailboxes.put(core, ADMIN, mailbox.ref.address, MailboxChange(status=Status.ACTIVE))
    await admitted.confirm()
    await domains.put(core, ADMIN, "example.org", Status.SUSPENDED)
    with pytest.raises(Suspended):
        await admitted.confirm()
    await domains.put(core, ADMIN, "example.org", Status.ACTIVE)
    await admitted.confirm()
    await mailboxes.delete(core, ADMIN, mailbox.ref.address)
    with pytest.raises(NotFound):
        await admitted.confirm()
    await admitted.close()
    count = len(told)
    mailboxes.tell_sessions(core, mailbox.ref)
    assert len(told) == count
