"""Several sessions change one folder; who believes ADDTO, REMOVEFROM and EXPUNGE has what a new SEARCH finds (RFC 5267)."""

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
from tests.imap.test_sequence_numbers import LONG, work

SEEDS = range(40 if LONG else 2)
SESSIONS = 3
ROUNDS = 40 if LONG else 8
ESEARCH = re.compile(rb"\* ESEARCH \(TAG \"(\w+)\"\)( UID)?(.*)\r\n\Z")
ITEM = re.compile(rb" (?:ALL ([0-9:,]+)|(ADDTO|REMOVEFROM) \(0 ([0-9:,]+)\))")
SEARCHES = [
    "UNSEEN",
    "NOT DELETED",
    "UID 2:5",
    "OR FLAGGED UID 3:8",
    "UID *",
    "KEYWORD $Keyword",
    "SUBJECT 3",
    "UNSEEN LARGER 10",
    "BODY text ANSWERED",
    "OR SUBJECT 5 NOT FLAGGED",
]


def members(octets: bytes) -> set[int]:
    """The numbers in a set."""
    found: set[int] = set()
    for one in octets.split(b","):
        first, _, last = one.partition(b":")
        found.update(range(int(first), int(last or first) + 1))
    return found


class Watching(Client):
    """``found`` are the results of its searches by tag, kept up to date; ``by_uid`` are the tags of those of UIDs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.found: dict[bytes, set[int]] = {}
        self.by_uid: set[bytes] = set()

    async def search(self, text: str) -> bytes:
        """The tag of a search whose results are in ``found`` afterwards."""
        tag = (await self.command(text)).split()[0]
        assert tag in self.found, text
        return tag

    def _apply(self, line: bytes, *, may_expunge: bool) -> None:
        if match := ESEARCH.match(line):
            self._note(match[1], match[3])
            self.by_uid.update([match[1]] if match[2] else [])
            return
        super()._apply(line, may_expunge=may_expunge)
        if (match := NUMBER.match(line)) and match[2] == b"EXPUNGE":
            gone = int(match[1])
            for tag in self.found.keys() - self.by_uid:
                assert gone not in self.found[tag], "REMOVEFROM comes before EXPUNGE"
                self.found[tag] = {number - (number > gone) for number in self.found[tag]}

    def _note(self, tag: bytes, items: bytes) -> None:
        found = self.found.setdefault(tag, set())
        assert not ITEM.sub(b"", items)
        for everything, change, numbers in ITEM.findall(items):
            those = members(numbers or everything)
            if change == b"REMOVEFROM":
                assert those <= found, line_of(tag, items)
                found -= those
            else:
                assert not those & found, line_of(tag, items)
                found |= those


def line_of(tag: bytes, items: bytes) -> str:
    return f"{tag!r}: {items!r}"


@pytest.fixture
def imap_settings() -> Settings:
    return Settings(login_failure_delay_s=0, max_search_contexts=2 * len(SEARCHES))


@pytest.mark.parametrize("seed", SEEDS)
async def test_results_are_kept_up_to_date(core: Core, served: Served, seed: int) -> None:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    mails = [NewMessage(b"Subject: %d\r\n\r\ntext" % number) for number in range(10)]
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, mails)
    dice = random.Random(seed)
    clients = [Watching(*await served.connect()) for _ in range(SESSIONS)]
    for client in clients:
        await client.greet(front_ends.PASSWORD)
    watched = clients[0]
    tags = {
        f"{uid}SEARCH RETURN (ALL) {keys}": await watched.search(f"{uid}SEARCH RETURN (ALL UPDATE) {keys}")
        for keys in SEARCHES
        for uid in ("", "UID ")
    }
    for _ in range(ROUNDS):
        await asyncio.gather(*(work(client, random.Random(dice.random())) for client in clients))
        for client in clients:
            await client.synchronize()
        await watched.command("NOOP")
        for again, tag in tags.items():
            now = await watched.search(again)
            assert watched.found[tag] == watched.found.pop(now), again
    for client in clients:
        await client.close()
