"""A FETCH of header sections of many messages, which are written together, says what a FETCH of each alone says."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages
from tests import front_ends
from tests.front_ends import ACTOR, PASSWORD, Served
from tests.imap.any_command.client import Client

MAILS = (
    b"From: a@example.org\r\nSubject: one\r\n\r\ntext\r\n",
    b"From: b@example.org\r\nSubject: two\r\n\tfolded\r\nsubject : again\r\n\r\n",
    b"X-Large: " + b"x" * 70_000 + b"\r\nSubject: large\r\n\r\ntext\r\n",
    b"no header at all",
    b"",
    b"\r\nonly a body\r\n",
    b"Subject: \0 of old\r\n\r\n",
    *(b"Subject: number %d\r\nTo: c@example.org\r\n\r\ntext\r\n" % number for number in range(120)),
)
ITEMS = (
    "BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)]",
    "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)] FLAGS BODY.PEEK[HEADER.FIELDS.NOT (X-LARGE)] ENVELOPE)",
    "(BODY.PEEK[HEADER]<2.10> RFC822.SIZE)",
    "(INTERNALDATE " + " ".join(f"BODY.PEEK[HEADER]<{origin}.9>" for origin in range(60)) + ")",
    "(BODY BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
    "BODY[HEADER.FIELDS (SUBJECT)]",
)


async def _told(client: Client, text: str) -> bytes:
    """What comes before the tagged line, which is an OK."""
    answer = await client.command(text.encode())
    assert answer.status == "OK", answer.lines
    return b"".join(answer.lines[:-1])


@pytest.mark.parametrize("items", ITEMS)
async def test_many_are_told_as_each_alone(core: Core, served: Served, items: str) -> None:
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = await folders.get(core, mailbox, "INBOX")
    await messages.append(core, ACTOR, mailbox, inbox.folder_id, [NewMessage(mail) for mail in MAILS])
    client = Client(*await served.connect())
    await client.greet()
    await _told(client, f'LOGIN ann@example.org "{PASSWORD}"')
    await _told(client, "SELECT INBOX")
    together = await _told(client, f"FETCH 1:* {items}")
    await _told(client, "STORE 1:* -FLAGS.SILENT (\\Seen)")
    alone = [await _told(client, f"FETCH {number + 1} {items}") for number in range(len(MAILS))]
    assert together == b"".join(alone)
    assert together.count(b" FETCH (") == len(MAILS)
    await client.close()
