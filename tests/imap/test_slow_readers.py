"""Clients that ask for large mails and do not read them: memory is bounded, and others are served when they go."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from functools import partial

import msgspec

from skrytka.connections.connection import ClientConnection
from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages, outgoing
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.imap.client import Client

MAIL = b"Subject: large\r\n\r\n" + b"x" * 190_000
COUNT = 6  # more than the buffers of a connection and of its socket take


async def until_stalled(connection: ClientConnection) -> None:
    """Until the connection takes no more: its buffer is full and stays so."""
    while True:
        flushed = asyncio.create_task(connection.flush())
        await asyncio.wait({flushed}, timeout=0.3)
        if not flushed.done():
            flushed.cancel()
            return
        await asyncio.sleep(0.01)


async def test_a_client_that_does_not_read_holds_one_mail(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    limits = msgspec.structs.replace(core.settings.limits, outgoing_octets=2 * len(MAIL))
    core = replace(core, settings=msgspec.structs.replace(core.settings, limits=limits))
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, [NewMessage(MAIL)] * COUNT)
    served = front_ends.Served(partial(converse, core, imap_settings), tls_contexts[0])
    reader, writer = await served.connect()
    slow, quick = Client(reader, writer), Client(*await served.connect())
    for client in (slow, quick):
        await client.greet(front_ends.PASSWORD)
    writer.write(f"x FETCH 1:{COUNT} BODY.PEEK[]\r\n".encode())
    async with asyncio.timeout(20):
        await until_stalled(served.connections[0])
    fetch = asyncio.create_task(quick.command("FETCH 1 BODY.PEEK[]"))
    done, _ = await asyncio.wait({fetch}, timeout=0.3)
    assert not done
    assert outgoing.held(core) == 2 * len(MAIL)
    writer.transport.abort()
    assert (await fetch).split()[1] == b"OK"
    await quick.close()
    await served.stop()
    assert outgoing.held(core) == 0
