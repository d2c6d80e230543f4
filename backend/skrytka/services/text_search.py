"""Finding the mails of a folder that say something, by the search index.

The answer is exact for what the index covers; all else is handed back as ``open``, to be looked at itself. Nothing depends on
the index: a segment that is missing, damaged or being made again only leaves more open.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from skrytka import mime
from skrytka.core import Core
from skrytka.model import FolderId, MailboxRef
from skrytka.services import filter_cache
from skrytka.services.filter_cache import Filters
from skrytka.services.packing import Damaged
from skrytka.services.segments import BODIES, HEADERS, Pages, octets_of, passing
from skrytka.services.shards import shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import text_searching
from skrytka.store.operations.text_searching import Outline, TextAsk, Texts, UidAsk

_log = logging.getLogger(__name__)

FILTERS_AT_ONCE = 500
TEXTS_PER_READ = 16


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
    covered = await filter_cache.current(core, mailbox)
    if not covered.outlines:
        return None
    search = _Search(core, mailbox, asked)
    await search.read_all(covered)
    ranges = covered.uncovered
    if search.unread:
        ranges = list(filter_cache.uncovered([one for one in covered.outlines if one.first_id not in search.unread]))
    shard, key = shard_of(core, mailbox), (mailbox.mailbox_id, folder_id)
    found = await shard.read(text_searching.uids, UidAsk(*key, search.found))
    open_ = await shard.read(text_searching.uids, UidAsk(*key, [*covered.left_out, *search.left_out], ranges))
    return Answer(found, open_)


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

    async def read_all(self, covered: Filters) -> None:
        """Those whose filters do not rule it out."""
        needles = [octets_of(self._asked.text)]
        if isinstance(self._asked, InHeader):
            needles.append(octets_of(mime.unicode_casemap(self._asked.name.decode("ascii", "replace"))))
        for begin in range(0, len(covered.filters), FILTERS_AT_ONCE):
            places = passing(covered.filters[begin : begin + FILTERS_AT_ONCE], needles)
            for start in range(0, len(places), TEXTS_PER_READ):
                await self._read([covered.outlines[begin + place] for place in places[start : start + TEXTS_PER_READ]])
            await self._slice.next_if_over()

    async def _read(self, segments: Sequence[Outline]) -> None:
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
            if not pages.is_of_those_in(bodies):
                raise Damaged("headers and bodies are of different contents")
            places = {*pages.holding(needle), *bodies.holding(needle)}
    return [pages.content_id(place) for place in places]
