"""Finding the mails of a folder that say something, by the search index.

The answer is exact for what the index covers; all else is handed back as ``open``, to be looked at itself. Nothing depends on
the index: a segment that is missing, damaged or being made again only leaves more open.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import msgspec

from skrytka import mime
from skrytka.core import Core
from skrytka.model import FolderId, MailboxRef
from skrytka.services.packing import Damaged
from skrytka.services.segments import BODIES, HEADERS, Pages, is_sound, octets_of, passing
from skrytka.services.shards import shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import text_searching
from skrytka.store.operations.text_searching import NO_END, Filtered, FilterPage, TextAsk, Texts, UidAsk

_log = logging.getLogger(__name__)

FILTERS_PER_READ = 256
TEXTS_PER_READ = 16
RANGES_ASKED = 50
"""More ranges without segments than that are asked for as one, with what lies between them."""


class InHeader(msgspec.Struct, frozen=True):
    """A field of that name, in lower case, that holds the text; empty text: that has such a field."""

    name: bytes
    text: str


class InBody(msgspec.Struct, frozen=True):
    text: str


class Anywhere(msgspec.Struct, frozen=True):
    """In the header, in the body, or in the headers of the parts."""

    text: str


Asked = InHeader | InBody | Anywhere
"""``text`` is folded by ``mime.unicode_casemap``."""


class Answer(msgspec.Struct, frozen=True):
    """UIDs, in no order: those that match, and those of which the index cannot tell. All others do not match."""

    found: list[int]
    open: list[int]


async def find(core: Core, mailbox: MailboxRef, folder_id: FolderId, asked: Asked) -> Answer | None:
    """None when the index is of no use for this question."""
    if not core.settings.search.index or (not asked.text and not isinstance(asked, InHeader)):
        return None
    covered = await _filters(core, mailbox)
    if not covered:
        return None
    search = _Search(core, mailbox, asked)
    needles = [octets_of(asked.text)]
    if isinstance(asked, InHeader):
        needles.append(octets_of(mime.unicode_casemap(asked.name.decode("ascii", "replace"))))
    places = passing([one.filter for one in covered], needles)
    for start in range(0, len(places), TEXTS_PER_READ):
        await search.read([covered[place] for place in places[start : start + TEXTS_PER_READ]])
    left_out = [*search.left_out, *(content_id for one in covered for content_id in one.left_out)]
    extents = [(one.first_id, one.last_id) for one in covered if one.first_id not in search.unread]
    shard, key = shard_of(core, mailbox), (mailbox.mailbox_id, folder_id)
    found = await shard.read(text_searching.uids, UidAsk(*key, search.found))
    open_ = await shard.read(text_searching.uids, UidAsk(*key, left_out, list(_between(extents))))
    return Answer(found, open_)


async def _filters(core: Core, mailbox: MailboxRef) -> list[Filtered]:
    """Of all segments. They may be made again meanwhile: what then lies between two of them is open, as is what a damaged filter
    is for."""
    found: list[Filtered] = []
    slice_ = Slice(core)
    after = 0
    while page := await shard_of(core, mailbox).read(
        text_searching.filters, FilterPage(mailbox.mailbox_id, after, FILTERS_PER_READ)
    ):
        found += [one for one in page if is_sound(one.filter)]
        after = page[-1].first_id
        if len(page) < FILTERS_PER_READ:
            break
        await slice_.next_if_over()
    return found


class _Search:
    """``found`` are content ids; ``unread`` the first ids of segments that could not be read."""

    def __init__(self, core: Core, mailbox: MailboxRef, asked: Asked) -> None:
        self.found: list[int] = []
        self.unread: set[int] = set()
        self.left_out: list[int] = []
        self._core = core
        self._mailbox = mailbox
        self._asked = asked
        self._slice = Slice(core)

    async def read(self, segments: Sequence[Filtered]) -> None:
        asked = self._asked
        values = TextAsk(
            self._mailbox.mailbox_id,
            [one.first_id for one in segments],
            headers=not isinstance(asked, InBody),
            bodies=not isinstance(asked, InHeader),
        )
        there = {
            one.first_id: one for one in await shard_of(self._core, self._mailbox).read(text_searching.texts, values)
        }
        for segment in segments:
            texts = there.get(segment.first_id)
            try:
                if texts is None or texts.last_id < segment.last_id:
                    self.unread.add(segment.first_id)
                else:
                    self.found += holding(texts, asked)
                    self.left_out += texts.left_out  # it may have been made again since its filter was read
            except Damaged as damaged:
                self.unread.add(segment.first_id)
                _log.error(
                    "segment %d of the search index of mailbox %d cannot be read: %s",
                    segment.first_id,
                    self._mailbox.mailbox_id,
                    damaged,
                )
            await self._slice.next_if_over()


def holding(texts: Texts, asked: Asked) -> list[int]:
    """The contents of a segment that match; ``Damaged`` when its frames cannot be read."""
    needle = octets_of(asked.text)
    match asked:
        case InHeader(name=name, text=text):
            pages = Pages(texts.headers, HEADERS)
            by = needle or octets_of(mime.unicode_casemap(name.decode("ascii", "replace")))
            candidates = pages.holding(by)
            places = {
                place for place in candidates if any(text in value for value in mime.values_in(pages.text(place), name))
            }
        case InBody():
            pages = Pages(texts.bodies, BODIES)
            places = set(pages.holding(needle, in_bodies=True))
        case Anywhere():
            pages, bodies = Pages(texts.headers, HEADERS), Pages(texts.bodies, BODIES)
            if pages.ids != bodies.ids:
                raise Damaged("headers and bodies are of different contents")
            places = {*pages.holding(needle), *bodies.holding(needle)}
    return [pages.ids[place] for place in places]


def _between(extents: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What lies outside of these, which ascend."""
    first = 1
    ranges: list[tuple[int, int]] = []
    for begin, end in [*extents, (NO_END, NO_END)]:
        if first < begin:
            ranges.append((first, begin - 1))
        first = max(first, end + 1)
    if len(ranges) > RANGES_ASKED:
        ranges[RANGES_ASKED - 1 :] = [(ranges[RANGES_ASKED - 1][0], ranges[-1][1])]
    yield from ranges
