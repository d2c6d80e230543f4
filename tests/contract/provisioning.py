"""What the tests of the directory share: a clock to turn, cheap hashes, and mailboxes made in one line."""

from __future__ import annotations

import dataclasses

import msgspec

from skrytka.core import Core
from skrytka.extensions import Extensions
from skrytka.model import Actor, FolderId, Mailbox, NewMessage, Role, Uid
from skrytka.services import domains, folders, idempotency, mailboxes, messages
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Auth

ADMIN = Actor(credential="test", protocol="cli")
CHEAP = Auth(argon2_time_cost=1, argon2_memory_kib=8_192)
DAY_S = 86_400
START = 1_800_000_000


class Clock:
    """Stands still until a test turns it."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


def vary(
    core: Core,
    *,
    clock: Clock | None = None,
    auth: Auth = CHEAP,
    extensions: Extensions | None = None,
    process: bool = False,
) -> Core:
    """The same deployment with cheap hashes and, where given, another clock; ``process`` gives it states of its own."""
    return dataclasses.replace(
        core,
        settings=msgspec.structs.replace(core.settings, auth=auth),
        now=clock or core.now,
        extensions=extensions or core.extensions,
        states={} if process else core.states,
    )


async def claimed(core: Core, key: str, digest: str) -> idempotency.Claim:
    """An Idempotency-Key that is free."""
    claim = await idempotency.begin(core, key, digest)
    assert isinstance(claim, idempotency.Claim)
    return claim


async def make_mailbox(core: Core, address: str = "ann@example.org", password: str | None = None) -> Mailbox:
    await domains.put(core, ADMIN, address.rpartition("@")[2])
    change = MailboxChange() if password is None else MailboxChange(password=password)
    mailbox, created = await mailboxes.put(core, ADMIN, address, change)
    assert created
    return mailbox


async def add_messages(core: Core, mailbox: Mailbox, count: int, role: Role = Role.INBOX) -> tuple[FolderId, list[Uid]]:
    folder = await folders.get_by_role(core, mailbox.ref, role)
    mails = [NewMessage(b"Subject: mail %d\r\n\r\nText %d\r\n" % (index, index)) for index in range(count)]
    appended = await messages.append(core, ADMIN, mailbox.ref, folder.folder_id, mails)
    return folder.folder_id, list(appended.uids)


async def uids_of(core: Core, mailbox: Mailbox, role: Role) -> list[int]:
    folder = await folders.get_by_role(core, mailbox.ref, role)
    return [row.uid for row in await messages.page(core, mailbox.ref, folder.folder_id, 0, 1_000)]
