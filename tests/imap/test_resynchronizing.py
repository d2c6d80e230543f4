"""A client with QRESYNC comes and goes while others change its folder: what it keeps is what the store has.

It keeps UIDVALIDITY, HIGHESTMODSEQ and the flags of every UID, from what it was told and nothing else (RFC 7162 section 6). Under
the profile ``long`` more seeds and rounds are played.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from skrytka.core import Core
from skrytka.model import MailboxRef, NewMessage
from skrytka.services import collecting, folders, messages
from tests import front_ends
from tests.front_ends import Served
from tests.imap.client import Client
from tests.imap.test_sequence_numbers import FLAG_NAMES, work

LONG = os.environ.get("SKRYTKA_HYPOTHESIS_PROFILE") == "long"
SEEDS = range(40 if LONG else 2)
OTHERS = 2
REPLICAS = 2
ROUNDS = 40 if LONG else 10


class Replica:
    """What a client keeps from one session to the next."""

    def __init__(self) -> None:
        self.uid_validity = 0
        self.modseq = 0
        self.kept: dict[int, frozenset[str]] = {}

    async def synchronize(self, served: Served, dice: random.Random) -> None:
        """A session: SELECT with what is known, something beside the others, and off without a word."""
        client = Client(*await served.connect())
        await client.log_in(front_ends.PASSWORD)
        await client.command("ENABLE QRESYNC")
        resync = f" (QRESYNC ({self.uid_validity} {self.modseq}{self._known(dice)}))" if self.modseq else ""
        assert b" OK " in await client.command(f"SELECT INBOX{resync}")
        client.know(self.kept)
        await client.synchronize()
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(dice.random() / 200)
            await client.command(dice.choice(["NOOP", "IDLE", "UID EXPUNGE 1:*", "UID STORE 1:* +FLAGS ($Kept)"]))
            await client.synchronize()
        self.uid_validity, self.modseq = client.codes[b"UIDVALIDITY"], client.codes[b"HIGHESTMODSEQ"]
        self.kept = {entry.uid: entry.flags for entry in client.entries if entry.uid and entry.flags is not None}
        await client.close()

    def _known(self, dice: random.Random) -> str:
        """The optional words: the UIDs, and some numbers with their UIDs."""
        known = sorted(self.kept)
        words = f" {known[0]}:{known[-1]}" if known and dice.random() < 0.5 else ""
        if known and dice.random() < 0.5:
            numbers = sorted(dice.sample(range(1, len(known) + 1), min(3, len(known))))
            uids = ",".join([str(known[number - 1]) for number in numbers])
            words += f" ({','.join(map(str, numbers))} {uids})"
        return words


async def rows_of(core: Core, mailbox: MailboxRef) -> dict[int, frozenset[str]]:
    inbox = await folders.get(core, mailbox, "INBOX")
    return {
        row.uid: frozenset([name for flag, name in FLAG_NAMES.items() if row.flags & flag] + [*row.keywords])
        for row in await messages.page(core, mailbox, inbox.folder_id, 0, 1_000)
    }


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_replica_is_what_the_store_has(core: Core, served: Served, seed: int) -> None:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    mails = [NewMessage(b"Subject: %d\r\n\r\ntext" % number) for number in range(10)]
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, mails)
    dice = random.Random(seed)
    others = [Client(*await served.connect()) for _ in range(OTHERS)]
    for client in others:
        await client.greet(front_ends.PASSWORD)
    replicas = [Replica() for _ in range(REPLICAS)]
    for turn in range(ROUNDS):
        changes = [work(client, random.Random(dice.random())) for client in others]
        away = replicas[turn % REPLICAS :: 2]
        syncs = [replica.synchronize(served, random.Random(dice.random())) for replica in away]
        await asyncio.gather(*changes, *syncs)
        if dice.random() < 0.2:  # what was expunged so far is forgotten, as after a month
            await collecting.collect_expired(core, mailbox.shard, int(core.now()) + collecting.LOG_KEPT_S + 1)
    for replica in replicas:
        await replica.synchronize(served, random.Random(0))
        # Once more without a change beside it: what is kept is all that there is.
        await replica.synchronize(served, random.Random(0))
    expected = await rows_of(core, mailbox)
    for replica in replicas:
        assert replica.kept == expected
    for client in others:
        await client.close()
