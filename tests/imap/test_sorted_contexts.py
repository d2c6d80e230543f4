"""Several sessions change one folder; who does what ADDTO and REMOVEFROM say has the order that a new SORT gives (RFC 5267)."""

from __future__ import annotations

import asyncio
import random
import re

import pytest

from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.front_ends import Served
from tests.imap.client import NUMBER, Client
from tests.imap.model.told import numbers_of
from tests.imap.test_sequence_numbers import LONG, work

SEEDS = range(40 if LONG else 2)
SESSIONS = 3
ROUNDS = 40 if LONG else 8
ESEARCH = re.compile(rb"\* ESEARCH \(TAG \"(\w+)\"\)( UID)?(.*)\r\n\Z")
ITEM = re.compile(rb" (ALL|ADDTO|REMOVEFROM) \(?([0-9:, ]+)\)?")
SORTS = [
    "(SUBJECT) UTF-8 UNSEEN",
    "(REVERSE SUBJECT) UTF-8 NOT DELETED",
    "(DATE) UTF-8 OR FLAGGED SUBJECT 3",
    "(SIZE REVERSE ARRIVAL) UTF-8 KEYWORD $Keyword",
    "(TO) UTF-8 BODY text ANSWERED",
]


class Sorting(Client):
    """``orders`` are the results of its sorts by tag, kept up to date; ``by_uid`` are the tags of those of UIDs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.orders: dict[bytes, list[int]] = {}
        self.by_uid: set[bytes] = set()

    async def sort(self, text: str) -> bytes:
        """The tag of a sort whose results are in ``orders`` afterwards."""
        tag = (await self.command(text)).split()[0]
        assert tag in self.orders, text
        return tag

    def _apply(self, line: bytes, *, may_expunge: bool) -> None:
        if match := ESEARCH.match(line):
            self._note(match[1], match[3])
            self.by_uid.update([match[1]] if match[2] else [])
            return
        super()._apply(line, may_expunge=may_expunge)
        if (match := NUMBER.match(line)) and match[2] == b"EXPUNGE":
            gone = int(match[1])
            for tag in self.orders.keys() - self.by_uid:
                assert gone not in self.orders[tag], "REMOVEFROM comes before EXPUNGE"
                self.orders[tag] = [number - (number > gone) for number in self.orders[tag]]

    def _note(self, tag: bytes, items: bytes) -> None:
        order = self.orders.setdefault(tag, [])
        assert not ITEM.sub(b"", items), items
        for kind, text in ITEM.findall(items):
            if kind == b"ALL":
                order += numbers_of(text)
                continue
            words = text.split()
            for position, those in zip(map(int, words[::2]), map(numbers_of, words[1::2]), strict=True):
                at = slice(position - 1, position - 1 + len(those))
                if kind == b"REMOVEFROM":
                    assert order[at] == those, (tag, items)
                    del order[at]
                else:
                    assert 1 <= position <= len(order) + 1, (tag, items)
                    order[position - 1 : position - 1] = those


@pytest.fixture
def imap_settings() -> Settings:
    return Settings(login_failure_delay_s=0, max_search_contexts=2 * len(SORTS))


@pytest.mark.parametrize("seed", SEEDS)
async def test_orders_are_kept_up_to_date(core: Core, served: Served, seed: int) -> None:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    dice = random.Random(seed)

    async def arrive(count: int) -> None:
        mails = [
            b"Subject: %d\r\nTo: %b\r\nDate: %d Jan 2026\r\n\r\ntext"
            % (dice.randrange(9), dice.choice([b"a@x", b"b@x", b"c <a@x>"]), dice.randrange(1, 9))
            for _ in range(count)
        ]
        await messages.append(core, front_ends.ACTOR, mailbox, inbox, [NewMessage(mail) for mail in mails])

    await arrive(10)
    clients = [Sorting(*await served.connect()) for _ in range(SESSIONS)]
    for client in clients:
        await client.greet(front_ends.PASSWORD)
    watched = clients[0]
    tags = {
        f"{uid}SORT RETURN (ALL) {keys}": await watched.sort(f"{uid}SORT RETURN (ALL UPDATE) {keys}")
        for keys in SORTS
        for uid in ("", "UID ")
    }
    for _ in range(ROUNDS):
        await asyncio.gather(*(work(client, random.Random(dice.random())) for client in clients))
        await arrive(dice.randrange(4))
        for client in clients:
            await client.synchronize()
        await watched.command("NOOP")
        for again, tag in tags.items():
            now = await watched.sort(again)
            assert watched.orders[tag] == watched.orders.pop(now), again
    for client in clients:
        await client.close()
