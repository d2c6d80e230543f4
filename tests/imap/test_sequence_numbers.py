"""Several sessions change one folder at the same time; what each was told is what the store has.

``tests.imap.client`` refuses what RFC 3501 does: EXPUNGE in answer to FETCH, STORE or SEARCH, fewer messages by EXISTS, a number
that means another message than it was told to mean. Under the profile ``long`` more seeds and rounds are played.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from skrytka.core import Core
from skrytka.model import Flags, NewMessage
from skrytka.services import folders, messages
from tests import front_ends
from tests.front_ends import Served
from tests.imap.client import Client

LONG = os.environ.get("SKRYTKA_HYPOTHESIS_PROFILE") == "long"
SEEDS = range(40 if LONG else 3)
SESSIONS = 4
ROUNDS = 40 if LONG else 12
COMMANDS_A_ROUND = 5
FLAG_NAMES = {
    Flags.SEEN: "\\Seen",
    Flags.ANSWERED: "\\Answered",
    Flags.FLAGGED: "\\Flagged",
    Flags.DELETED: "\\Deleted",
    Flags.DRAFT: "\\Draft",
}


def random_set(dice: random.Random, count: int) -> str:
    """A number or a range."""
    first, last = dice.randint(1, count), dice.randint(1, count)
    return dice.choice([str(first), f"{first}:{last}", "*", f"{first},{last}"])


def random_command(dice: random.Random, client: Client) -> str:
    """Something to do in a folder of as many messages as the client knows."""
    if not client.entries or dice.random() < 0.2:
        return dice.choice(["APPEND INBOX {4+}\r\nmail", "NOOP", "IDLE", "SEARCH ALL", "EXPUNGE"])
    numbers = random_set(dice, len(client.entries))
    uid = dice.choice([entry.uid for entry in client.entries if entry.uid] or [1])
    flags = dice.choice(["\\Seen", "\\Deleted", "\\Flagged $Keyword", "\\Answered"])
    mode = dice.choice(["+FLAGS", "-FLAGS", "FLAGS", "+FLAGS.SILENT"])
    return dice.choice(
        [
            f"STORE {numbers} {mode} ({flags})",
            f"UID STORE {uid}:* {mode} ({flags})",
            f"FETCH {numbers} (UID FLAGS BODY.PEEK[HEADER])",
            f"FETCH {numbers} (UID BODY[])",
            f"UID FETCH 1:{uid} (FLAGS INTERNALDATE)",
            f"COPY {numbers} INBOX" if len(client.entries) < 40 else "NOOP",
            f"UID MOVE {uid} Archive",
            f"MOVE {dice.randint(1, len(client.entries))} Archive",
            f"UID COPY {uid} INBOX",
            "IDLE",
            f"UID EXPUNGE {uid}:*",
            "EXPUNGE",
            "SEARCH DELETED",
            "UID SEARCH UNSEEN",
        ]
    )


async def work(client: Client, dice: random.Random) -> None:
    """Some commands. A ``+FLAGS.SILENT`` of ours is not told to us, so its messages are asked for again."""
    for _ in range(COMMANDS_A_ROUND):
        command = random_command(dice, client)
        answer = await client.command(command)
        assert answer.split()[1] in (b"OK", b"NO"), (command, answer)
        if "SILENT" in command:
            for entry in client.entries:
                entry.flags = None


@pytest.mark.parametrize("seed", SEEDS)
async def test_sessions_see_the_store(core: Core, served: Served, seed: int) -> None:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    mails = [NewMessage(b"Subject: %d\r\n\r\ntext" % number) for number in range(10)]
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, mails)
    dice = random.Random(seed)
    clients = [Client(*await served.connect()) for _ in range(SESSIONS)]
    for client in clients:
        await client.greet(front_ends.PASSWORD)
    for _ in range(ROUNDS):
        await asyncio.gather(*(work(client, random.Random(dice.random())) for client in clients))
        for client in clients:
            await client.synchronize()
        rows = await messages.page(core, mailbox, inbox, 0, 1_000)
        expected = [
            (row.uid, frozenset([name for flag, name in FLAG_NAMES.items() if row.flags & flag] + [*row.keywords]))
            for row in rows
        ]
        for client in clients:
            assert [(entry.uid, entry.flags) for entry in client.entries] == expected
    for client in clients:
        await client.close()
