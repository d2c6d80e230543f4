"""Small helpers of the mail services' tests."""

from __future__ import annotations

import os
from pathlib import Path

from skrytka.core import Core
from skrytka.model import Actor, Flags, FolderId, MailboxRef, ModSeq, NewMessage, Role, Uid
from skrytka.services import folders, messages
from skrytka.services.shards import shard_of
from skrytka.store.operations import counters

ACTOR = Actor("ann@example.org", "imap", "192.0.2.1", "test")
INBOX = FolderId(1)


def mail(subject: str = "hello", body: str = "text\r\n") -> bytes:
    """A small mail."""
    return f"From: bob@example.net\r\nSubject: {subject}\r\n\r\n{body}".encode()


async def append(
    core: Core,
    mailbox: MailboxRef,
    count: int = 1,
    folder_id: FolderId = INBOX,
    flags: Flags = Flags.NONE,
    keywords: tuple[str, ...] = (),
) -> list[Uid]:
    """Append that many different mails in one transaction."""
    mails = [NewMessage(mail(f"number {number}"), flags, keywords) for number in range(count)]
    appended = await messages.append(core, ACTOR, mailbox, folder_id, mails)
    return list(appended.uids)


async def uids(core: Core, mailbox: MailboxRef, folder_id: FolderId = INBOX) -> list[Uid]:
    return [row.uid for row in await messages.page(core, mailbox, folder_id, 0, 1000)]


async def role_id(core: Core, mailbox: MailboxRef, role: Role) -> FolderId:
    return (await folders.get_by_role(core, mailbox, role)).folder_id


async def assert_counted(core: Core, mailbox: MailboxRef) -> None:
    """All counters say what a recount says."""
    found = await shard_of(core, mailbox).write(counters.recount, counters.Recount(mailbox.mailbox_id, repair=False))
    assert found == []


async def blob_keys(core: Core) -> set[str]:
    found: set[str] = set()
    async for key, _ in core.blobs.keys():
        found.add(key)
    return found


async def age_blobs(core: Core, seconds: float) -> None:
    """Pretend that every blob was put so much earlier, as it looks also when the clock is set forward."""
    root = Path(core.settings.data_dir) / "blobs"
    for key in await blob_keys(core):
        (path,) = root.rglob(key)
        put_at = path.stat().st_mtime - seconds
        os.utime(path, (put_at, put_at))


async def expunged_since(core: Core, mailbox: MailboxRef, folder_id: FolderId, modseq: int) -> tuple[int, list[Uid]]:
    """The horizon of the log, and all it has after that modseq."""
    pages = messages.expunged_pages(core, mailbox, folder_id, ModSeq(modseq))
    found = [uid async for page in pages for uid in page]
    return await messages.expunge_horizon(core, mailbox, folder_id), found
