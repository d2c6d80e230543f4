"""The filters of the search index in memory, since every search asks all those of its mailbox.

They are used only after the version of the mailbox's index was read from the store; where it has changed, the segments that are
new are read. Should a filter be old all the same, it is still true: a content never changes, and its number is never given
again. What is newer than the segments known here is open, and so it is read itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import msgspec

from skrytka.core import Core
from skrytka.model import MailboxId, MailboxRef
from skrytka.services.segments import is_sound
from skrytka.services.shards import shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import text_searching
from skrytka.store.operations.text_searching import NO_END, FilterAsk, Filtered, Outline, OutlinePage

OUTLINES_PER_READ = 500
FILTERS_PER_READ = 64

SEGMENT_OCTETS = 500
"""What the objects of a segment take in memory besides its filter, about; each content that it leaves out adds 50."""
LEFT_OUT_OCTETS = 50

RANGES_ASKED = 50
"""More ranges without segments than that are asked for as one, with what lies between them."""

Key = tuple[str, MailboxId]
"""The shard and the mailbox."""


class Filters(msgspec.Struct, frozen=True):
    """The segments of a mailbox whose filters are sound, ascending, as they were at this version of its index or later.

    ``outlines`` and ``filters`` correspond. ``left_out`` are the contents that no segment tells of although it is for them,
    ``uncovered`` the ranges of ids that no segment is for.
    """

    version: int
    outlines: Sequence[Outline] = ()
    filters: Sequence[bytes] = ()
    left_out: Sequence[int] = ()
    uncovered: Sequence[tuple[int, int]] = ()

    @property
    def octets(self) -> int:
        """In memory, about."""
        objects = SEGMENT_OCTETS * len(self.filters) + LEFT_OUT_OCTETS * len(self.left_out)
        return objects + sum(map(len, self.filters))


NONE = Filters(0)


class FilterCache:
    """Filters by mailbox, the least recently used first."""

    def __init__(self) -> None:
        self.octets = 0
        self._entries: OrderedDict[Key, tuple[Filters, int]] = OrderedDict()

    def get(self, key: Key) -> Filters | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: Key, filters: Filters, most_octets: int) -> None:
        """Keep them, and drop others until all take no more than that; what takes more by itself is not kept."""
        self.drop(key)
        octets = filters.octets
        if octets > most_octets:
            return
        self._entries[key] = filters, octets
        self.octets += octets
        while self.octets > most_octets:
            self.drop(next(iter(self._entries)))

    def drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.octets -= entry[1]


async def current(core: Core, mailbox: MailboxRef) -> Filters:
    """Of all segments there are now: one point read as long as the index has not changed.

    They may be made again while they are read: what then lies between two of them, or has a damaged filter, is uncovered.
    """
    cache = core.state(FilterCache)
    key = (mailbox.shard, mailbox.mailbox_id)
    version = await shard_of(core, mailbox).read(text_searching.version, mailbox.mailbox_id)
    if version is None:
        cache.drop(key)
        return NONE
    known = cache.get(key)
    if known is None or known.version != version:
        known = _filters(version, await _load(core, mailbox, known or NONE))
        cache.put(key, known, core.settings.search.filter_cache_octets)
    return known


async def _load(core: Core, mailbox: MailboxRef, known: Filters) -> list[Filtered]:
    """Read the segments, but for the filters that are known; a damaged one is not among them."""
    shard, slice_ = shard_of(core, mailbox), Slice(core)
    same = {(one.first_id, one.version): filter_ for one, filter_ in zip(known.outlines, known.filters, strict=True)}
    found: list[Filtered] = []
    new: list[int] = []
    after = 0
    while page := await shard.read(text_searching.outlines, OutlinePage(mailbox.mailbox_id, after, OUTLINES_PER_READ)):
        for outline in page:
            filter_ = same.get((outline.first_id, outline.version))
            if filter_ is None:
                new.append(outline.first_id)
            else:
                found.append(Filtered(outline, filter_))
        after = page[-1].first_id
        await slice_.next_if_over()
    for start in range(0, len(new), FILTERS_PER_READ):
        ask = FilterAsk(mailbox.mailbox_id, new[start : start + FILTERS_PER_READ])
        found += [one for one in await shard.read(text_searching.filters, ask) if is_sound(one.filter)]
        await slice_.next_if_over()
    return found


def _filters(version: int, segments: Sequence[Filtered]) -> Filters:
    ordered = sorted(segments, key=lambda one: one.outline.first_id)
    outlines = [one.outline for one in ordered]
    left_out = [content_id for one in outlines for content_id in one.left_out]
    return Filters(version, outlines, [one.filter for one in ordered], left_out, list(uncovered(outlines)))


def uncovered(outlines: Sequence[Outline]) -> Iterator[tuple[int, int]]:
    """The ids that none of these is for; they ascend."""
    first = 1
    ranges: list[tuple[int, int]] = []
    for begin, end in [*((one.first_id, one.last_id) for one in outlines), (NO_END, NO_END)]:
        if first < begin:
            ranges.append((first, begin - 1))
        first = max(first, end + 1)
    if len(ranges) > RANGES_ASKED:
        ranges[RANGES_ASKED - 1 :] = [(ranges[RANGES_ASKED - 1][0], ranges[-1][1])]
    yield from ranges
