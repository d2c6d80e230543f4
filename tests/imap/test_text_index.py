"""SEARCH by the index finds what SEARCH finds by reading every mail, whatever the mails and however old the index is."""

from __future__ import annotations

import base64
import os
import quopri
import random
from dataclasses import replace

import msgspec
import pytest

from skrytka.jobs import work
from skrytka.plugin_api import text_search
from skrytka.services import indexing
from skrytka.services.checking_index import check_index
from skrytka.services.findings import Depth
from skrytka.store.interface import Tx
from skrytka.store.operations import search_index, text_searching
from skrytka.store.operations.jobs import JobRun
from skrytka.store.operations.search_index import MailboxPage
from skrytka_imap.commands.search import And, Contains, Header, Not, Or, SearchKey
from tests.contract.shards import Interrupted
from tests.imap.indexed_mails import LEASE, Mails

LONG = os.environ.get("SKRYTKA_HYPOTHESIS_PROFILE") == "long"
SEEDS = range(100 if LONG else 2)
QUERIES = 16
LETTERS = "aAbBeE\u00e9\u0301\u00df\u017f\u03c3\u03c2\u0130\u0131\ufb01\ud55c\u2126 .:<>&\n"
NAMES = ("Subject", "subject ", "From", "X-A", "Content-Type", "X-=?utf-8?Q?a?=", "no field", "")


def words(dice: random.Random, longest: int = 12) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randint(0, longest)))


def field(dice: random.Random) -> bytes:
    """Some are no fields, some have encoded words, some octets of other charsets, some folds."""
    text = words(dice).replace("\n", "\n ")
    octets = dice.choice(
        [
            text.encode(),
            text.encode("utf-16-le").replace(b"\n", b""),
            b"=?utf-8?B?%b?= tail" % base64.b64encode(words(dice).encode()),
            b"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=",
            b" two  blanks ",
        ]
    )
    return b"%b:%b%b\r\n" % (dice.choice(NAMES).encode(), dice.choice([b"", b" ", b"\t"]), octets)


def body(dice: random.Random) -> tuple[bytes, bytes]:
    """The MIME fields and the body of a part, mails and parts within it among them."""
    text = "".join(words(dice) for _ in range(dice.randint(0, 8)))
    kind = dice.randrange(6)
    if kind == 0:
        return b"Content-Transfer-Encoding: base64\r\n", base64.encodebytes(text.encode())
    if kind == 1:
        head = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        return head, quopri.encodestring(f"<p>{text}</p><b>ab</b>e".encode())
    if kind == 2:
        return b"Content-Type: message/rfc822\r\n", mail(dice)
    if kind == 3:
        parts = [b"--x\r\n%b\r\n%b\r\n" % body(dice) for _ in range(dice.randint(1, 3))]
        return b"Content-Type: multipart/mixed; boundary=x; name*=utf-8''%C3%A9\r\n", b"".join(parts) + b"--x--"
    if kind == 4:
        return b"Content-Type: application/octet-stream; name=ab\r\n", text.encode()
    return b"", text.encode(dice.choice(["utf-8", "utf-7", "utf-16"])) + dice.choice([b"", b"\0ab\0\xff"])


def mail(dice: random.Random) -> bytes:
    head, text = body(dice)
    return b"".join(field(dice) for _ in range(dice.randint(0, 4))) + head + dice.choice([b"\r\n", b"\n", b""]) + text


def key(dice: random.Random, depth: int = 2) -> SearchKey:
    if depth and dice.random() < 0.4:
        one, other = key(dice, depth - 1), key(dice, depth - 1)
        combined: list[SearchKey] = [Not(one), Or(one, other), And((one, other))]
        return dice.choice(combined)
    text = words(dice, 4).encode()
    name = dice.choice([*NAMES, "x-none", "\u00e9"]).encode().lower()
    single: list[SearchKey] = [Contains("TEXT", text), Contains("BODY", text), Header(name, text)]
    return dice.choice(single)


async def same(mails: Mails, dice: random.Random) -> None:
    for _ in range(QUERIES):
        wanted = key(dice)
        assert await mails.by_index(wanted) == await mails.found(wanted, None), wanted


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_index_finds_what_reading_finds(mails: Mails, seed: int) -> None:
    dice = random.Random(seed)
    await mails.append([mail(dice) for _ in range(30)])
    await mails.index()
    await mails.append([mail(dice) for _ in range(dice.randint(0, 6))])
    await same(mails, dice)
    await mails.expunge(dice.sample(mails.uids, 6))
    await same(mails, dice)
    await mails.collect()
    await mails.index()
    await same(mails, dice)


async def test_what_is_indexed_is_not_read(mails: Mails) -> None:
    await mails.append([b"Subject: number %d\r\nX-A: b\r\n\r\nheliotrope\r\n" % number for number in range(10)])
    await mails.index()
    await mails.append([b"Subject: number 4, later\r\n\r\nheliotrope\r\n"])
    assert await mails.by_index(Header(b"subject", b"NUMBER 4")) == [5, 11]
    assert await mails.by_index(Contains("BODY", b"number")) == []
    assert await mails.by_index(Contains("TEXT", b"Subject: number 7")) == [8]
    assert await mails.by_index(Header(b"x-a", b"")) == list(range(1, 11))
    assert mails.read == 4, "only the one that is not indexed"
    await mails.index()
    assert await mails.by_index(Contains("BODY", b"Heliotrope")) == mails.uids
    assert mails.read == 4


async def test_one_mail_at_a_time_makes_full_segments(mails: Mails) -> None:
    for number in range(9):
        await mails.append([b"Subject: number %d\r\n\r\n" % number])
        await mails.index()
    assert [one.contents for one in await mails.extents()] == [4, 4, 1]


async def test_expunged_text_leaves_the_index_with_its_mail(mails: Mails) -> None:
    await mails.append([b"Subject: number %d\r\n\r\n" % number for number in range(8)])
    await mails.index()
    await mails.expunge([3])
    assert await mails.by_index(Header(b"subject", b"number 2")) == [3], "who was not told may still search it"
    await mails.collect()
    assert [one.first_id for one in await mails.extents()] == [5]
    assert await mails.by_index(Header(b"subject", b"number")) == [1, 2, 4, 5, 6, 7, 8]
    await mails.index()
    assert [(one.first_id, one.contents) for one in await mails.extents()] == [(1, 3), (5, 4)]
    assert not any(
        one.due for one in await mails.core.shards[mails.mailbox.shard].read(search_index.due, MailboxPage(0, 9))
    )


async def test_text_that_goes_while_it_is_indexed_is_not_put_back(mails: Mails) -> None:
    await mails.append([b"Subject: number %d\r\n\r\n" % number for number in range(4)])
    await mails.expunge([2])
    name = mails.mailbox.shard
    shard = Interrupted(mails.core.shards[name], search_index.put, mails.collect)
    await indexing.index_all(replace(mails.core, shards={name: shard}), LEASE)
    assert await mails.extents() == []
    await mails.index()
    assert [one.contents for one in await mails.extents()] == [3]


async def test_a_process_that_lost_the_lease_makes_nothing(mails: Mails) -> None:
    await mails.append([b"Subject: 1\r\n\r\n"])
    await mails.index(lease=5)
    await mails.append([b"Subject: 2\r\n\r\n"] * 9)
    before = await mails.extents()
    with pytest.raises(Exception, match="A later process does the search"):
        await mails.index(lease=4)
    assert await mails.extents() == before


async def test_an_index_that_is_turned_off_is_neither_made_nor_asked(mails: Mails) -> None:
    await mails.append([b"Subject: 1\r\n\r\nheliotrope"])
    off = msgspec.structs.replace(mails.core.settings.search, index=False)
    core = replace(mails.core, settings=msgspec.structs.replace(mails.core.settings, search=off))
    await work.index_texts(core, JobRun("search", LEASE, 0))
    assert await mails.extents() == []
    await mails.index()
    assert len(await mails.extents()) == 1
    assert await text_search.find(core, mails.mailbox, mails.folder_id, text_search.InBody("HELIOTROPE")) is None


async def test_a_mail_at_a_time_is_indexed_when_there_are_enough(mails: Mails) -> None:
    """Else every mail that comes would have those before it indexed once more."""
    enough = mails.core.settings.search.segment_messages
    for number in range(1, 2 * enough):
        await mails.append([b"Subject: number %d\r\n\r\n" % number])
        await work.index_texts(mails.core, JobRun("search", LEASE, 0))
        assert [one.contents for one in await mails.extents()] == [enough] * (number // enough)
    assert await mails.by_index(Header(b"subject", b"number")) == list(range(1, 2 * enough))


async def test_a_long_text_is_read(mails: Mails) -> None:
    await mails.append([b"Subject: long\r\n\r\n" + b"lorem ipsum " * 400 + b"dolor", b"Subject: short\r\n\r\n"])
    await mails.index()
    assert await mails.by_index(Contains("BODY", b"dolor")) == [1]
    assert mails.read == 1


@pytest.mark.parametrize("table", ["search_header", "search_body"])
async def test_a_damaged_segment_is_no_wrong_answer(mails: Mails, table: str) -> None:
    await mails.append([b"Subject: number %d\r\n\r\nheliotrope" % number for number in range(8)])
    await mails.index()
    shard = mails.core.shards[mails.mailbox.shard]
    await shard.write(_damage, f"UPDATE {table} SET data = (SELECT digest FROM content LIMIT 1) WHERE first_id = 1")
    assert await mails.by_index(Contains("TEXT", b"heliotrope")) == mails.uids
    assert mails.read == 4


async def _damage(tx: Tx, sql: str) -> None:
    assert await tx.execute(sql) == 1


async def test_what_is_indexed_while_it_is_checked_is_no_finding(mails: Mails) -> None:
    """A segment that is not full is made again, for more contents, after the check has listed it."""
    await mails.append([b"Subject: number %d\r\n\r\n" % number for number in range(2)])
    await mails.index()

    async def go_on() -> None:
        if len(mails.uids) == 2:
            await mails.append([b"Subject: number %d\r\n\r\n" % number for number in range(2, 4)])
            await mails.index()

    name = mails.mailbox.shard
    shard = Interrupted(mails.core.shards[name], text_searching.texts, go_on)
    depth = Depth(repair=False, deep=False, blobs=frozenset())
    assert await check_index(replace(mails.core, shards={name: shard}), mails.mailbox, depth) == []
    assert [one.contents for one in await mails.extents()] == [4]
