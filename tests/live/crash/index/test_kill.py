"""SIGKILL of the process that makes the search index, while mail comes and goes: searches stay exact, and no text stays."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from skrytka.model import FolderId
from skrytka.services import checking
from skrytka.services.checking_index import check_index
from skrytka.services.findings import Depth
from skrytka.services.segments import BODIES, HEADERS, Pages
from skrytka.settings import Search, Settings
from skrytka.store.opening import Databases
from skrytka.store.operations import search_index, text_searching
from skrytka.store.operations.search_index import MailboxPage
from skrytka.store.operations.text_searching import TextAsk
from skrytka_imap.commands.search import Contains, Header, SearchKey
from tests import front_ends
from tests.imap.indexed_mails import Mails

ROOT = Path(__file__).parents[4]
LIMIT_S = 24 * 3600
"""As long as the rounds take that were asked for."""

SHALLOW = Depth(repair=False, deep=False, blobs=frozenset())
_MAILS_KEPT = 24
_LONGEST_LIFE_S = 0.06
_MOST_STEPS = 30
_WORD = re.compile(rb"only[0-9]+x")


class Indexers:
    """Starts processes that make the index, one at a time, each with a lease of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lease = 0

    async def start(self, steps: int) -> int:
        """The number of a process that dies after so many steps, or with 0 when it is killed."""
        self._lease += 1
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d %d\n" % (self._lease, steps))
        return int(await self._line())

    async def killed(self) -> None:
        """Wait until it is dead, and see that nothing else was the cause."""
        assert int(await self._line()) == -signal.SIGKILL

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        return await asyncio.wait_for(self._process.stdout.readline(), 30)


@asynccontextmanager
async def indexers(settings: Settings) -> AsyncIterator[Indexers]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.live.crash.index.worker",
        msgspec.json.encode(settings).decode(),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        yield Indexers(process)
    finally:
        process.stdin.close()
        await process.wait()


@pytest.mark.timeout(LIMIT_S)
async def test_the_index_is_right_whenever_its_maker_dies(
    settings: Settings, open_databases: Databases, seed: str, rounds: int
) -> None:
    search = Search(segment_messages=4, segment_octets=4_000, text_octets=2_000)
    small = msgspec.structs.replace(settings, search=search)
    async with front_ends.open_core(open_databases, small) as core, indexers(core.settings) as made_by:
        mails = Mails(core, await front_ends.mailbox(core, "ann@example.org"), FolderId(1))
        post = Post(mails, random.Random(seed))
        for number in range(rounds):
            await _round(post, made_by, steps=number % 2 == 0)
        await mails.index(lease=rounds + 1)
        assert await checking.check(core, repair=False, deep=True) == []
        page = await core.shards[mails.mailbox.shard].read(search_index.due, MailboxPage(0, 99))
        assert not any(one.due for one in page), "what was left undone has been done"
        assert await texts_of_index(mails) == {post.word(uid) for uid in post.there if uid not in post.long}


async def _round(post: Post, made_by: Indexers, *, steps: bool) -> None:
    """A life of an indexer, cut short between two of its steps or at any moment, beside mail that comes and goes."""
    dice, mails = post.dice, post.mails
    pid = await made_by.start(dice.randint(1, _MOST_STEPS) if steps else 0)
    dead = asyncio.create_task(made_by.killed())
    lives_until = asyncio.get_running_loop().time() + dice.random() * _LONGEST_LIFE_S
    while not dead.done():
        await post.change()
        await assert_exact(mails, post)
        await asyncio.sleep(0.005)
        if not steps and asyncio.get_running_loop().time() >= lives_until and not dead.done():
            os.kill(pid, signal.SIGKILL)
            await dead
    await dead
    await assert_exact(mails, post)
    assert await check_index(mails.core, mails.mailbox, SHALLOW) == []
    assert await texts_of_index(mails) <= {post.word(uid) for uid in post.there}


class Post:
    """Mail that comes and goes. ``there`` are the messages whose contents are kept, ``long`` those too long for the index."""

    def __init__(self, mails: Mails, dice: random.Random) -> None:
        self.mails = mails
        self.dice = dice
        self.there: set[int] = set()
        self.long: set[int] = set()
        self._expunged: set[int] = set()
        self._last = 0

    def word(self, uid: int) -> bytes:
        return b"only%dx" % uid

    async def change(self) -> None:
        act = self.dice.random()
        listed = sorted(self.there - self._expunged)
        if len(listed) > _MAILS_KEPT or (act < 0.4 and listed):
            gone = self.dice.sample(listed, self.dice.randint(1, min(8, len(listed))))
            await self.mails.expunge(gone)
            self._expunged |= set(gone)
        elif act < 0.65:
            await self.mails.collect()
            self.there -= self._expunged
            self._expunged.clear()
            self.mails.uids = sorted(self.there)
        else:
            await self._append(self.dice.randint(1, 5))

    async def _append(self, count: int) -> None:
        new = range(self._last + 1, self._last + 1 + count)
        long = {uid for uid in new if self.dice.random() < 0.1}
        await self.mails.append([self._mail(uid, uid in long) for uid in new])
        self.long |= long
        self.there |= set(new)
        self._last = new[-1]

    def _mail(self, uid: int, long: bool) -> bytes:
        word = self.word(uid)
        return b"Subject: of %b\r\n\r\nheliotrope %b\r\n%b" % (word, word, b"lorem ipsum " * (400 if long else 4))


async def assert_exact(mails: Mails, post: Post) -> None:
    """By a word of one mail, of one that may be gone, by what all have, or by a header."""
    dice = post.dice
    uid = dice.choice(sorted(post.there) or [1])
    wanted: list[SearchKey] = [
        Contains("TEXT", post.word(uid)),
        Contains("BODY", post.word(dice.randint(1, uid))),
        Contains("BODY", b"heliotrope"),
        Header(b"subject", b"of only"),
    ]
    key = dice.choice(wanted)
    assert await mails.by_index(key) == await mails.found(key, None), key


async def texts_of_index(mails: Mails) -> set[bytes]:
    """All words of single mails that stand in the frames of the index."""
    shard, found = mails.core.shards[mails.mailbox.shard], set[bytes]()
    for extent in await mails.extents():
        ask = TextAsk(mails.mailbox.mailbox_id, (extent.first_id,), headers=True, bodies=True)
        for texts in await shard.read(text_searching.texts, ask):
            for packed, kind in ((texts.headers, HEADERS), (texts.bodies, BODIES)):
                found |= set(_WORD.findall(Pages(packed, kind).octets.lower()))
    return found
