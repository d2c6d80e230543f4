"""``skrytka check``: do the counters say what is there, and does everything that is named exist? With repair, mend what can be.

Mailboxes are checked one by one while the service runs. What cannot be mended without losing mail is only reported: messages
whose content is gone, and a shard's mailbox that the directory does not know but that holds mail.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import Mailbox, MailboxId, MailboxRef, State
from skrytka.services import mailboxes
from skrytka.services.shards import shard_of
from skrytka.store.operations import consistency, counters, directory_mailboxes, domains, shard_mailboxes
from skrytka.store.operations.consistency import ContentPage, Contents, ContentState
from skrytka.store.operations.counters import Recount
from skrytka.store.operations.directory_mailboxes import MailboxScan
from skrytka.store.operations.shard_mailboxes import MailboxPage

PAGE = 500

Kind = Literal[
    "domain addresses",
    "counter",
    "message without content",
    "content without message",
    "content without octets",
    "missing blob",
    "mailbox not on its shard",
    "mailbox not in the directory",
]


class Finding(msgspec.Struct, frozen=True):
    """``where`` is a mailbox's address (or shard and number) or a domain; ``detail`` is for people."""

    kind: Kind
    where: str
    detail: str
    repaired: bool = False


async def check(core: Core, repair: bool) -> list[Finding]:
    """Everything that is wrong, mended where that is possible and asked for."""
    found = await _check_domains(core, repair)
    blobs = {key async for key, _ in core.blobs.keys()}  # noqa: SIM118 - not a dict
    after_id = 0
    while page := await core.directory.read(directory_mailboxes.scan, MailboxScan(after_id, PAGE)):
        for mailbox in page:
            if mailbox.state is State.ACTIVE:
                found += await _check_mailbox(core, mailbox, blobs, repair)
        after_id = page[-1].ref.mailbox_id
    for shard in core.shards:
        found += await _check_orphans(core, shard, repair)
    return found


async def _check_domains(core: Core, repair: bool) -> list[Finding]:
    wrong = await core.directory.write(domains.recount, repair)
    return [
        Finding("domain addresses", name, f"counted as {counted}, really {real}", repair)
        for name, counted, real in wrong
    ]


async def _check_mailbox(core: Core, mailbox: Mailbox, blobs: set[str], repair: bool) -> list[Finding]:
    shard = shard_of(core, mailbox.ref)
    found: list[Finding] = []
    if not await shard.read(consistency.exists, mailbox.ref.mailbox_id):
        if await _gone(core, mailbox):
            return []
        found.append(Finding("mailbox not on its shard", mailbox.ref.address, mailbox.ref.shard, repair))
        if not repair:
            return found
        await mailboxes.create_on_shard(core, mailbox)
    try:
        return found + await _check_rows(core, mailbox.ref, blobs, repair)
    except NotFound:
        return found  # deleted meanwhile


async def _gone(core: Core, mailbox: Mailbox) -> bool:
    now = await core.directory.read(directory_mailboxes.get_by_id, mailbox.ref.mailbox_id)
    return now is None or now.state is not State.ACTIVE


async def _check_rows(core: Core, mailbox: MailboxRef, blobs: set[str], repair: bool) -> list[Finding]:
    shard = shard_of(core, mailbox)
    found = [
        Finding(
            "counter",
            mailbox.address,
            f"{'mailbox' if wrong.folder_id is None else f'folder {wrong.folder_id}'}: {wrong.counter}"
            f" is {wrong.stored}, counted {wrong.counted}",
            repair,
        )
        for wrong in await shard.write(counters.recount, Recount(mailbox.mailbox_id, repair))
    ]
    lost = await shard.read(consistency.messages_without_content, mailbox.mailbox_id)
    found += [
        Finding("message without content", mailbox.address, f"folder {message.folder_id}, UID {message.uid}")
        for message in lost
    ]
    after = 0
    while page := await shard.read(consistency.contents, ContentPage(mailbox.mailbox_id, after, PAGE)):
        for content in page:
            found += await _check_content(core, mailbox, content, blobs, repair)
        after = page[-1].content_id
    return found


async def _check_content(
    core: Core, mailbox: MailboxRef, content: ContentState, blobs: set[str], repair: bool
) -> list[Finding]:
    detail = f"content {content.content_id}"
    if not content.named:
        if repair:
            unnamed = Contents(mailbox.mailbox_id, (content.content_id,))
            await shard_of(core, mailbox).write(consistency.drop, unnamed)
        return [Finding("content without message", mailbox.address, detail, repair)]
    if not content.stored:
        return [Finding("content without octets", mailbox.address, detail)]
    key = content.blob_key
    if key is not None and key not in blobs and not await _has_blob(core, key):
        return [Finding("missing blob", mailbox.address, f"{detail}, blob {key}")]
    return []


async def _has_blob(core: Core, key: str) -> bool:
    """Asked again: it may have been written since the keys were listed."""
    try:
        await core.blobs.get(key)
    except NotFound:
        return False
    return True


async def _check_orphans(core: Core, shard: str, repair: bool) -> list[Finding]:
    """The directory's row comes before the shard's and goes after it, so a shard's mailbox without one is wrong."""
    found: list[Finding] = []
    after = 0
    while page := await core.shards[shard].read(shard_mailboxes.mailbox_ids, MailboxPage(after, PAGE)):
        for mailbox_id in page:
            known = await core.directory.read(directory_mailboxes.get_by_id, mailbox_id)
            if known is None or known.ref.shard != shard:
                found.append(await _orphan(core, shard, mailbox_id, repair))
        after = page[-1]
    return found


async def _orphan(core: Core, shard: str, mailbox_id: MailboxId, repair: bool) -> Finding:
    ref = MailboxRef(mailbox_id, shard, "")
    used = await mailboxes.usage(core, ref)
    mend = repair and used.messages == 0
    if mend:
        await mailboxes.delete_from_shard(core, ref, batches=None)
    detail = f"{used.messages} messages, {used.storage_octets} octets"
    return Finding("mailbox not in the directory", f"{shard}:{mailbox_id}", detail, mend)
