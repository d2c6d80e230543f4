"""Settings of the services that no other test changes: set to something small, each is seen to hold."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import Invalid, LimitReached
from skrytka.jobs import work
from skrytka.model import Actor, FlagChange, Flags, Uid
from skrytka.services import authentication, contents, folders, hashing, idempotency, messages
from skrytka.services.idempotency import Answer
from skrytka.settings import Auth, Blobs, Jobs, Rest, Settings
from skrytka.store.operations.jobs import JobRun
from tests.contract import provisioning
from tests.contract.provisioning import CHEAP, Clock, claimed, vary
from tests.contract.services.conftest import MakeMailbox, with_limits
from tests.contract.services.mails import ACTOR, INBOX, append, blob_keys, mail


def with_settings(core: Core, **sections: msgspec.Struct) -> Core:
    changed: Settings = msgspec.structs.replace(core.settings, **sections)
    return dataclasses.replace(core, settings=changed)


async def test_limits_folder_name_octets(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, folder_name_octets=6)
    assert (await folders.create(small, ACTOR, mailbox, "żół")).name == "żół"
    with pytest.raises(Invalid, match="at most 6 octets"):
        await folders.create(small, ACTOR, mailbox, "żółw")


async def test_limits_of_keywords(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox)
    small = with_limits(core, keywords_per_message=2, keyword_octets=4)
    for names, error in ((("a", "b", "c"), LimitReached), (("12345",), Invalid)):
        with pytest.raises(error):
            await messages.store_flags(small, ACTOR, mailbox, INBOX, [Uid(1)], FlagChange("add", Flags.NONE, names))
        with pytest.raises(error):
            await append(small, mailbox, keywords=names)
    change = FlagChange("add", Flags.NONE, ("1234", "b"))
    stored = await messages.store_flags(small, ACTOR, mailbox, INBOX, [Uid(1)], change)
    assert [row.keywords for row in stored.changed] == [("1234", "b")]
    with pytest.raises(LimitReached):
        await messages.store_flags(small, ACTOR, mailbox, INBOX, [Uid(1)], FlagChange("add", Flags.NONE, ("c",)))


async def test_blobs_inline_limit_octets(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox)
    assert not await blob_keys(core)
    await append(with_settings(core, blobs=Blobs(inline_limit_octets=1)), mailbox)
    assert len(await blob_keys(core)) == 1
    row = await messages.row(core, mailbox, INBOX, Uid(2))
    assert await contents.octets(core, mailbox, row.content_id) == mail("number 0")


async def test_rest_idempotency_hours(core: Core) -> None:
    clock = Clock()
    hourly = with_settings(vary(core, clock=clock), rest=Rest(idempotency_hours=1))
    await idempotency.finish(hourly, await claimed(hourly, "key:1", "digest"), 201, b"{}")
    clock.forward(3_599)
    assert await idempotency.begin(hourly, "key:1", "digest") == Answer(201, b"{}")
    clock.forward(2)
    await claimed(hourly, "key:1", "another")


async def test_auth_cache_s(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    auth: Auth = msgspec.structs.replace(CHEAP, cache_s=60.0)
    cached = vary(core, clock=clock, auth=auth, process=True)
    await provisioning.make_mailbox(cached, password="open sesame")
    hashed = 0
    run = hashing.in_thread

    async def counting(*given: object) -> object:
        nonlocal hashed
        hashed += 1
        return await run(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(hashing, "in_thread", counting)
    for forward, expected in ((0.0, 1), (59.0, 1), (2.0, 2)):
        clock.forward(forward)
        await authentication.login(cached, Actor("", "imap", "192.0.2.1", ""), "ann@example.org", "open sesame")
        assert hashed == expected


async def test_jobs_expunge_grace_s(core: Core, make_mailbox: MakeMailbox) -> None:
    clock = Clock()
    patient = with_settings(vary(core, clock=clock), jobs=Jobs(expunge_grace_s=1_000))
    mailbox = await make_mailbox()
    await append(patient, mailbox)
    await messages.expunge(patient, ACTOR, mailbox, INBOX, [Uid(1)], deleted_only=False)
    for forward, left in ((999, 1), (2, 0)):
        clock.forward(forward)
        await work.collect_expunged(patient, JobRun("expunged", 1, 0))
        assert len(await messages.rows(patient, mailbox, INBOX, [Uid(1)])) == left
