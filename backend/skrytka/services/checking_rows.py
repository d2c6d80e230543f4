"""``skrytka check`` within one mailbox: its metadata, counters, numbers, messages and contents."""

from __future__ import annotations

from collections.abc import AsyncIterator

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import MailboxRef
from skrytka.services.checking_index import check_index
from skrytka.services.contents import is_intact
from skrytka.services.findings import Depth, Finding
from skrytka.services.shards import shard_of
from skrytka.store.operations import bounds, consistency, counters, metadata_rows
from skrytka.store.operations.consistency import ContentPage, Contents, ContentState, MessagePage
from skrytka.store.operations.counters import Recount

PAGE = 500


async def check_rows(core: Core, mailbox: MailboxRef, depth: Depth) -> list[Finding]:
    """Everything that is wrong in a mailbox; ``NotFound`` when it is deleted meanwhile."""
    found = await _metadata(core, mailbox, depth.repair)
    found += await _counters(core, mailbox, depth.repair)
    found += await _messages(core, mailbox, depth.repair)
    async for content in _contents(core, mailbox):
        found += await _check_content(core, mailbox, content, depth)
    return found + await check_index(core, mailbox, depth)


async def _counters(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    shard, recount = shard_of(core, mailbox), Recount(mailbox.mailbox_id, repair)
    found = []
    for wrong in await shard.write(counters.recount, recount):
        detail = f"{_where(wrong.folder_id)}: {wrong.counter} is {wrong.stored}, counted {wrong.counted}"
        found.append(Finding("counter", mailbox.address, detail, repair))
    for behind in await shard.write(bounds.raise_bounds, recount):
        detail = f"{_where(behind.folder_id)}: {behind.bound} is {behind.stored}, needs {behind.needed}"
        found.append(Finding("number in use", mailbox.address, detail, repair))
    return found


async def _metadata(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    lost = await shard_of(core, mailbox).write(metadata_rows.drop_lost, (mailbox.mailbox_id, repair))
    return [
        Finding("metadata without folder", mailbox.address, f"folder {folder_id}, {count} entries", repair)
        for folder_id, count in lost
    ]


def _where(folder_id: int | None) -> str:
    return "mailbox" if folder_id is None else f"folder {folder_id}"


async def _messages(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    shard = shard_of(core, mailbox)
    found = [
        Finding("message without folder", mailbox.address, f"folder {folder_id}, {count} messages")
        for folder_id, count in await shard.read(consistency.folders_without_row, mailbox.mailbox_id)
    ]
    page = MessagePage(mailbox.mailbox_id, 0, 0, PAGE)
    while lost := await shard.read(consistency.messages_without_content, page):
        for message in lost:
            detail = f"folder {message.folder_id}, UID {message.uid}"
            found.append(Finding("message without content", mailbox.address, detail))
        page = MessagePage(mailbox.mailbox_id, lost[-1].folder_id, lost[-1].uid, PAGE)
    recount = Recount(mailbox.mailbox_id, repair)
    for folder_id, count in await shard.write(consistency.marks_without_message, recount):
        found.append(Finding("mark without message", mailbox.address, f"folder {folder_id}, {count} marks", repair))
    if count := await shard.write(consistency.expunges_without_content, recount):
        found.append(Finding("expunge without content", mailbox.address, f"{count} expunged messages", repair))
    return found


async def _contents(core: Core, mailbox: MailboxRef) -> AsyncIterator[ContentState]:
    after = 0
    while page := await shard_of(core, mailbox).read(
        consistency.contents, ContentPage(mailbox.mailbox_id, after, PAGE)
    ):
        for content in page:
            yield content
        after = page[-1].content_id


async def _check_content(core: Core, mailbox: MailboxRef, content: ContentState, depth: Depth) -> list[Finding]:
    detail = f"content {content.content_id}"
    only = Contents(mailbox.mailbox_id, (content.content_id,))
    if not content.named:
        if depth.repair:
            await shard_of(core, mailbox).write(consistency.drop, only)
        return [Finding("content without message", mailbox.address, detail, depth.repair)]
    if not content.stored:
        return [Finding("content without octets", mailbox.address, detail)]
    key = content.blob_key
    if key is not None and key not in depth.blobs and not await _has_blob(core, key):
        return [Finding("missing blob", mailbox.address, f"{detail}, blob {key}")]
    if depth.deep and not await _is_readable(core, mailbox, content):
        return [Finding("content cannot be read", mailbox.address, detail if key is None else f"{detail}, blob {key}")]
    if content.derivable:
        return []
    if depth.repair:
        await shard_of(core, mailbox).write(consistency.make_derivable, only)
    return [Finding("content without renditions", mailbox.address, detail, depth.repair)]


async def _has_blob(core: Core, key: str) -> bool:
    """Asked again: it may have been written since the keys were listed."""
    try:
        await core.blobs.get(key)
    except NotFound:
        return False
    return True


async def _is_readable(core: Core, mailbox: MailboxRef, content: ContentState) -> bool:
    try:
        return await is_intact(core, mailbox, content.content_id)
    except NotFound:
        return True  # collected meanwhile
