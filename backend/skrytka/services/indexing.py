"""Making the search index in the background: mailbox after mailbox, segment after segment, each in one fenced transaction.

What has no segment yet is found all the same, by reading it, so the work may stop anywhere and be done again. A segment that is
not full is made again together with what comes after it: a mailbox that gets one mail at a time has full ones as well.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence

import msgspec

from skrytka import mime
from skrytka.core import Core
from skrytka.errors import Conflict, DomainError, NotFound, Unavailable
from skrytka.model import ContentId, MailboxId, MailboxRef
from skrytka.services import contents, quiet
from skrytka.services.segments import Document, Segment, document, pack_segment
from skrytka.services.shards import shard_of
from skrytka.store.operations import search_index
from skrytka.store.operations.job_fences import Fence
from skrytka.store.operations.search_index import Done, Due, Extension, Extent, MailboxPage, NewSegment, Range

log = logging.getLogger(__name__)

JOB = "search"
PAGE = 200
MARKUP = 4
"""Texts of HTML may be so many times longer in their mail. Of those that are longer still it is not tried out how long they are:
folded they could fill the memory."""


class Made(msgspec.Struct, frozen=True):
    """A segment, and which of the contents it leaves out: their texts are too long, or no texts that it can keep."""

    segment: Segment
    content_ids: tuple[int, ...]
    left_out: tuple[int, ...]
    octets: int


async def index_all(core: Core, lease: int, at_least: int = 1) -> int:
    """Bring the index of every mailbox with so many new mails up to date; returns how many segments were made.

    Fewer than fill a segment would be indexed again with each that comes after them, and are read by a search in no time.
    A shard that does not answer is left for the next run, and so is a mailbox that was just deleted.
    """
    made = 0
    for shard in core.shards:
        after = 0
        try:
            while page := await core.shards[shard].read(search_index.due, MailboxPage(after, PAGE, at_least)):
                for due in page:
                    if due.due:
                        made += await _index_or_log(core, MailboxRef(due.mailbox_id, shard, ""), due, lease)
                after = page[-1].mailbox_id
                await asyncio.sleep(0)  # reads never suspend by themselves on SQLite
        except Unavailable as error:
            log.warning("the search index on the shard %s waits: %s", shard, error)
    return made


async def _index_or_log(core: Core, mailbox: MailboxRef, due: Due, lease: int) -> int:
    try:
        return await index_mailbox(core, mailbox, due, lease)
    except (Conflict, Unavailable):
        raise
    except DomainError as error:
        log.info("the search index of mailbox %d waits: %s", mailbox.mailbox_id, error)
    return 0


async def index_mailbox(core: Core, mailbox: MailboxRef, due: Due, lease: int) -> int:
    """Cover all that has no segment, up to ``due.last_id``; returns how many segments were made."""
    shard = shard_of(core, mailbox)
    made = 0
    complete = True
    for gap in _gaps(core, await shard.read(search_index.extents, mailbox.mailbox_id), due.last_id):
        done = await _fill(core, mailbox, gap, lease)
        complete = complete and done is not None
        made += done or 0
    if complete:
        await shard.write(
            search_index.finish, Done(_fence(mailbox.mailbox_id, lease, due.last_id), due.last_id, due.dropped)
        )
    return made


class _Gap(msgspec.Struct, frozen=True):
    """Ids to be covered. ``before`` is the first id of the segment that ends in front of them."""

    first_id: int
    last_id: int
    before: int | None


def _gaps(core: Core, extents: Sequence[Extent], last_id: int) -> Iterator[_Gap]:
    """What no segment is for, each with the segment before it when that is not full."""
    first = 1
    previous: Extent | None = None
    end = Extent(last_id + 1, last_id + 1, 0, 0)
    for extent in [*extents, end]:
        if first < extent.first_id:
            before = None if previous is None or previous.last_id < first - 1 else previous
            if before is not None and not _is_full(core, before):
                yield _Gap(before.first_id, extent.first_id - 1, None)
            else:
                yield _Gap(first, extent.first_id - 1, None if before is None else before.first_id)
        first = max(first, extent.last_id + 1)
        previous = extent


def _is_full(core: Core, extent: Extent) -> bool:
    limits = core.settings.search
    return extent.contents >= limits.segment_messages or extent.octets * 2 >= limits.segment_octets


def _fence(mailbox_id: MailboxId, lease: int, last_id: int) -> Fence:
    return Fence(mailbox_id, JOB, lease, str(last_id))


async def _fill(core: Core, mailbox: MailboxRef, gap: _Gap, lease: int) -> int | None:
    """Segment after segment; None when contents went meanwhile, so that the next run has to look again."""
    shard = shard_of(core, mailbox)
    at, before, made = gap.first_id, gap.before, 0
    while at <= gap.last_id:
        began = time.perf_counter()
        limit = core.settings.search.segment_messages + 1
        found = await shard.read(search_index.contents, Range(mailbox.mailbox_id, at, gap.last_id, limit))
        if not found:
            if before is not None:
                fence = _fence(mailbox.mailbox_id, lease, gap.last_id)
                await shard.write(search_index.extend, Extension(fence, before, gap.last_id))
            return made
        segment = await _make(core, mailbox, found[: limit - 1])
        if segment is None:
            return None
        last = gap.last_id if len(segment.content_ids) == len(found) else segment.content_ids[-1]
        extent = Extent(at, last, len(segment.content_ids), segment.octets)
        if not await shard.write(search_index.put, _stored(mailbox, lease, extent, segment)):
            return None
        before, at, made = at, last + 1, made + 1
        await quiet.rest(time.perf_counter() - began)
    return made


def _stored(mailbox: MailboxRef, lease: int, extent: Extent, made: Made) -> NewSegment:
    return NewSegment(
        _fence(mailbox.mailbox_id, lease, extent.last_id),
        extent,
        made.content_ids,
        made.left_out,
        made.segment.filter,
        made.segment.headers,
        made.segment.bodies,
    )


async def _make(core: Core, mailbox: MailboxRef, content_ids: Sequence[ContentId]) -> Made | None:
    """Of these contents, or of the first of them when their texts fill a segment; None when one is gone."""
    documents: list[Document] = []
    taken: list[int] = []
    octets = 0
    for content_id in content_ids:
        try:
            one = await _document(core, mailbox, content_id)
        except NotFound:
            return None
        taken.append(content_id)
        if one is not None:
            documents.append(one)
            octets += one.size_octets
        if octets >= core.settings.search.segment_octets:
            break
    segment = await _off_loop(core, documents)
    kept = {one.content_id for one in documents}
    return Made(segment, tuple(taken), tuple(one for one in taken if one not in kept), octets)


async def _off_loop(core: Core, documents: Sequence[Document]) -> Segment:
    return await asyncio.get_running_loop().run_in_executor(core.compute, pack_segment, documents)


async def _document(core: Core, mailbox: MailboxRef, content_id: ContentId) -> Document | None:
    """None for what only a look into the mail can decide, or that cannot be read."""
    try:
        mail = await contents.octets(core, mailbox, content_id)
    except Unavailable:
        return None
    most_octets = MARKUP * core.settings.search.text_octets
    texts = await asyncio.get_running_loop().run_in_executor(core.compute, _texts, mail, most_octets)
    if texts is None or not texts.regular:
        return None
    one = document(content_id, texts)
    return one if one.size_octets <= core.settings.search.text_octets else None


def _texts(mail: bytes, most_octets: int) -> mime.SearchTexts | None:
    """None where there is so much of them that they need not be read."""
    if len(mail) > most_octets and mime.text_octets(mime.scan(mail)) > most_octets:
        return None
    return mime.search_texts(mail)
