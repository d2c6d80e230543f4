"""What a process remembers of the search index: it reads less for it, finds the same, and keeps to its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import pytest

from skrytka.core import Core
from skrytka.services import filter_cache
from skrytka.services.filter_cache import FilterCache, Filters
from skrytka.store.interface import Database, Op, Tx
from skrytka.store.operations import text_searching
from skrytka.store.operations.text_searching import FilterAsk
from skrytka_imap.commands.search import Contains, Header
from tests import front_ends
from tests.contract.shards import Wrapped
from tests.imap.indexed_mails import Mails

V = TypeVar("V")
T = TypeVar("T")

SAID = Contains("BODY", b"heliotrope")


class Watched(Wrapped):
    """Writes down the first ids of the segments whose filters are read."""

    def __init__(self, real: Database) -> None:
        super().__init__(real)
        self.read_filters: list[int] = []

    async def read(self, op: Op[V, T], values: V) -> T:
        if isinstance(values, FilterAsk):
            self.read_filters += values.first_ids
        return await super().read(op, values)


def worker(mails: Mails, **search: int) -> tuple[Mails, Watched]:
    """Another process on the same store, which remembers nothing yet."""
    core = mails.core
    settings = core.settings
    if search:
        settings = msgspec.structs.replace(settings, search=msgspec.structs.replace(settings.search, **search))
    shard = Watched(core.shards[mails.mailbox.shard])
    other = Mails(
        replace(core, settings=settings, states={}, shards={mails.mailbox.shard: shard}), mails.mailbox, mails.folder_id
    )
    other.uids = mails.uids
    return other, shard


def said(numbers: Sequence[int]) -> list[bytes]:
    return [b"Subject: number %d\r\n\r\nheliotrope\r\n" % number for number in numbers]


async def test_filters_are_read_once(mails: Mails) -> None:
    await mails.append(said(range(8)))
    await mails.index()
    searching, shard = worker(mails)
    for _ in range(3):
        assert await searching.by_index(SAID) == list(range(1, 9))
    assert shard.read_filters == [1, 5]
    await mails.append(said(range(8, 10)))
    await mails.index()
    assert await searching.by_index(SAID) == list(range(1, 11))
    assert shard.read_filters == [1, 5, 9], "and only the new one when there is a new one"
    assert searching.read == 0


async def test_what_another_process_does_to_the_index_is_seen(mails: Mails) -> None:
    """Made again with new mail under the same first id, dropped with what is expunged, made again without it."""
    searching, _ = worker(mails)
    await mails.append(said(range(6)))
    await mails.index()
    assert await searching.by_index(SAID) == list(range(1, 7))
    await mails.append([b"Subject: violet\r\n\r\nmauve\r\n", *said([7])])
    await mails.index()
    assert await searching.by_index(Contains("BODY", b"mauve")) == [7]
    assert searching.read == 0, "the segment of 5 and 6 was made again with it"
    await mails.expunge([7, 1])
    await mails.collect()
    assert await searching.by_index(Contains("TEXT", b"mauve")) == []
    assert await searching.by_index(SAID) == [2, 3, 4, 5, 6, 8]
    read = searching.read
    assert read, "what has no segment now is read"
    await mails.index()
    assert await searching.by_index(SAID) == [2, 3, 4, 5, 6, 8]
    assert await searching.by_index(Header(b"subject", b"number 7")) == [8]
    assert searching.read == read


async def test_an_old_filter_is_no_wrong_answer(mails: Mails) -> None:
    """Should a change be missed all the same: what the filters are too old for is read."""
    searching, _ = worker(mails)
    await mails.append(said(range(6)))
    await mails.index()
    assert await searching.by_index(SAID) == list(range(1, 7))
    shard, mailbox_id = searching.core.shards[mails.mailbox.shard], mails.mailbox.mailbox_id
    version = await shard.read(text_searching.version, mailbox_id)
    await mails.append(said(range(6, 12)))
    await mails.expunge([2])
    await mails.collect()
    await mails.index()
    await shard.write(_set_version, version)
    assert await searching.by_index(SAID) == [1, *range(3, 13)]
    assert searching.read == 4, "5 to 8 are a segment that begins where one did"


async def _set_version(tx: Tx, version: int | None) -> None:
    assert await tx.execute("UPDATE search_progress SET version = ?", version) == 1


async def test_no_more_is_remembered_than_the_setting_allows(mails: Mails) -> None:
    bob = await front_ends.mailbox(mails.core, "bob@example.org")
    others = Mails(mails.core, bob, mails.folder_id)
    for one in (mails, others):
        await one.append(said(range(8)))
        await one.index()
    core = mails.core
    both = [await _filters(core, one) for one in (mails, others)]
    cache = core.state(FilterCache)
    assert cache.octets == both[0].octets + both[1].octets
    assert both[0].octets > sum(map(len, both[0].filters)) > 0
    cache = FilterCache()
    keys = [(one.mailbox.shard, one.mailbox.mailbox_id) for one in (mails, others)]
    for key, filters in zip(keys, both, strict=True):
        cache.put(key, filters, both[0].octets + both[1].octets - 1)
    assert cache.get(keys[0]) is None, "the one used longest ago has gone"
    assert cache.get(keys[1]) is both[1]
    assert cache.octets == both[1].octets


@pytest.mark.parametrize("octets", [0, 1])
async def test_nothing_is_remembered_where_nothing_fits(mails: Mails, octets: int) -> None:
    await mails.append(said(range(8)))
    await mails.index()
    searching, shard = worker(mails, filter_cache_octets=octets)
    for _ in range(2):
        assert await searching.by_index(SAID) == list(range(1, 9))
    assert shard.read_filters == [1, 5, 1, 5]
    assert searching.core.state(FilterCache).octets == 0


async def _filters(core: Core, mails: Mails) -> Filters:
    return await filter_cache.current(core, mails.mailbox)
