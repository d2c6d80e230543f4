"""Clients that ask for large mails and do not read them: memory is bounded, and others are served when they go."""

from __future__ import annotations

import asyncio
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from skrytka.connections.connection import ClientConnection
from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages, outgoing
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.front_ends import Served
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


@asynccontextmanager
async def serving(
    core: Core, imap_settings: Settings, tls: ssl.SSLContext, mails: Sequence[bytes]
) -> AsyncIterator[Served]:
    """The front end; INBOX of ann has these mails."""
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, [NewMessage(mail) for mail in mails])
    served = Served(partial(converse, core, imap_settings), tls)
    try:
        yield served
    finally:
        await served.stop()
    assert outgoing.held(core) == 0


async def selected(served: Served) -> tuple[Client, asyncio.StreamWriter]:
    reader, writer = await served.connect()
    client = Client(reader, writer)
    await client.greet(front_ends.PASSWORD)
    return client, writer


async def test_a_client_that_does_not_read_holds_one_mail(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    limits = msgspec.structs.replace(core.settings.limits, outgoing_octets=2 * len(MAIL))
    core = replace(core, settings=msgspec.structs.replace(core.settings, limits=limits))
    async with serving(core, imap_settings, tls_contexts[0], [MAIL] * COUNT) as served:
        _, writer = await selected(served)
        quick, _ = await selected(served)
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


HEADED = b"Subject: large\r\n" + b"X-Long: x\r\n" * 17_000 + b"\r\n"


@pytest.mark.parametrize(
    ("mail", "item"),
    [
        (MAIL, "BODY.PEEK[]"),
        (MAIL, "BODY.PEEK[TEXT]"),
        (HEADED, "BODY.PEEK[HEADER]"),
        (HEADED, "BODY.PEEK[HEADER.FIELDS (X-Long)]"),
    ],
)
async def test_a_command_holds_one_item_at_a_time(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext], mail: bytes, item: str
) -> None:
    """However often it asks for nearly the same: 60 items of a mail of 5 MB were 860 MB."""
    items = " ".join(f"{item}<{origin}.9999999>" for origin in range(100))
    async with serving(core, imap_settings, tls_contexts[0], [mail]) as served:
        _, writer = await selected(served)
        tracemalloc.start()
        try:
            writer.write(f"x FETCH 1 ({items})\r\n".encode())
            async with asyncio.timeout(20):
                await until_stalled(served.connections[0])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 20 * len(mail)
        assert outgoing.held(core) == 2 * len(mail)
        writer.transport.abort()


async def test_mails_are_seen_when_they_are_sent(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """A client that goes away in the middle has not read what it never got."""
    async with serving(core, imap_settings, tls_contexts[0], [MAIL] * COUNT) as served:
        _client, writer = await selected(served)
        writer.write(f"x FETCH 1:{COUNT} BODY[]\r\n".encode())
        async with asyncio.timeout(20):
            await until_stalled(served.connections[0])
        writer.transport.abort()
        mailbox = await front_ends.mailbox(core, "ann@example.org")
        unseen = (await folders.get(core, mailbox, "INBOX")).unseen
        assert 0 < unseen < COUNT


class CountingThreads(ThreadPoolExecutor):
    """Threads that tell how often something was given to them."""

    count = 0

    def submit(self, *given: Any, **named: Any) -> Future[Any]:
        self.count += 1
        return super().submit(*given, **named)


async def test_a_large_structure_is_made_into_body_by_a_thread(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    mail = b"Content-Type: multipart/mixed; boundary==\r\n\r\n" + b"--=\r\n\r\n\r\n" * 9_000 + b"--=--\r\n"
    with CountingThreads(2) as threads:
        core = replace(core, compute=threads)
        async with serving(core, imap_settings, tls_contexts[0], [mail]) as served:
            reader, writer = await served.connect()
            await Client(reader, writer).greet(front_ends.PASSWORD)
            threads.count = 0
            for item, count in (("BODYSTRUCTURE", 0), ("BODY", 1), ("(BODYSTRUCTURE BODY)", 2), ("FULL", 3)):
                writer.write(f"x FETCH 1 {item}\r\n".encode())
                said = b""
                while b"\r\nx OK" not in said:
                    said = said[-100:] + await reader.read(100_000)
                assert threads.count == count
            writer.close()
