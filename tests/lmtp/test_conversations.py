"""What a transcript cannot show: settings, time, outages, draining, bugs."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import Refused
from skrytka.extensions import Delivery, DeliveryFilter, Extensions
from skrytka.model import MailboxRef
from skrytka.services import folders, inflight
from skrytka.store.interface import Database
from skrytka_lmtp.conversation import Conversation
from skrytka_lmtp.session import Peer, Session
from skrytka_lmtp.settings import LmtpSettings
from tests.front_ends import Serve, Served, mailbox

README = Path(__file__).parent.parent.parent / "README.md"
HELLO = b"LHLO mta.example.net\r\nMAIL FROM:<s@example.net>\r\n"


async def started(
    served: Served, recipient: str = "ann@example.org"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that was told to send its mail."""
    reader, writer = await served.connect()
    writer.write(HELLO + f"RCPT TO:<{recipient}>\r\nDATA\r\n".encode())
    await reader.readuntil(b"\r\n354 ")
    await reader.readline()
    return reader, writer


async def test_the_reply_that_the_readme_calls_durable_is_that_to_the_mail(
    core: Core, serve: Serve[LmtpSettings]
) -> None:
    (durable,) = re.findall(r"`(250 [^`]+)` comes after the mail is on the disk", README.read_text())
    reader, writer = await started(serve(LmtpSettings()))
    writer.write(b"Subject: x\r\n\r\nx\r\n.\r\n")
    told = (await reader.readline()).decode().removesuffix("\r\n")
    assert told == durable.replace("info@", "ann@")
    assert (await folders.get(core, await mailbox(core, "ann@example.org"), "INBOX")).messages == 1
    writer.close()


async def test_over_quota_can_be_rejected(serve: Serve[LmtpSettings]) -> None:
    reader, writer = await started(serve(LmtpSettings(over_quota="reject")), "full@example.org")
    writer.write(b"Subject: x\r\n.\r\n")
    assert (await reader.readline()).startswith(b"552 5.2.2 <full@example.org> ")
    writer.close()


async def test_a_silent_client_is_told_and_closed(serve: Serve[LmtpSettings]) -> None:
    reader, writer = await serve(LmtpSettings(idle_timeout_s=0.05)).connect()
    assert await reader.read() == (
        b"220 mx.example.org LMTP Skrytka ready\r\n421 4.4.2 Nothing was heard for too long, closing\r\n"
    )
    writer.close()


@pytest.mark.parametrize("in_mail", [False, True])
async def test_a_client_that_sends_octet_by_octet_is_told_and_closed(serve: Serve[LmtpSettings], in_mail: bool) -> None:
    served = serve(LmtpSettings(idle_timeout_s=0.5))
    reader, writer = await (started(served) if in_mail else served.connect())
    async with asyncio.timeout(20):
        rest = asyncio.create_task(reader.read())
        while not rest.done():
            writer.write(b"x")
            await asyncio.sleep(0.02)
    assert rest.result().endswith(b"421 4.4.2 Nothing was heard for too long, closing\r\n")
    writer.close()


async def test_a_mail_that_keeps_coming_may_take_longer(serve: Serve[LmtpSettings]) -> None:
    """``lmtp.idle_timeout_s`` and ``lmtp.least_octets_per_s``: 200 octets in each half second are enough."""
    reader, writer = await started(serve(LmtpSettings(idle_timeout_s=0.5, least_octets_per_s=400)))
    for _ in range(15):
        writer.write(b"x" * 98 + b"\r\n")
        await asyncio.sleep(0.1)
    writer.write(b".\r\n")
    assert (await reader.readline()).startswith(b"250 ")
    writer.close()


async def test_draining_closes_an_idle_conversation(serve: Serve[LmtpSettings]) -> None:
    served = serve(LmtpSettings())
    reader, writer = await served.connect()
    await reader.readline()
    served.connections[0].drain()
    assert await reader.read() == b"421 4.3.2 The service is shutting down, try again\r\n"
    writer.close()


async def test_draining_lets_a_mail_arrive(core: Core, serve: Serve[LmtpSettings]) -> None:
    served = serve(LmtpSettings())
    reader, writer = await started(served)
    served.connections[0].drain()
    writer.write(b"Subject: x\r\n")
    await asyncio.sleep(0)
    writer.write(b"\r\nbody\r\n.\r\n")
    assert await reader.read() == (
        b"250 2.0.0 <ann@example.org> Delivered\r\n421 4.3.2 The service is shutting down, try again\r\n"
    )
    assert (await folders.get(core, await mailbox(core, "ann@example.org"), "INBOX")).messages == 1
    writer.close()


async def test_an_outage_defers(core: Core, serve: Serve[LmtpSettings]) -> None:
    reader, writer = await started(serve(LmtpSettings()))
    for shard in core.shards.values():
        await shard.close()
    writer.write(b"Subject: x\r\n.\r\n")
    assert (await reader.readline()).startswith(b"451 4.3.0 <ann@example.org> ")
    writer.close()


async def test_what_is_in_flight_is_bounded(core: Core) -> None:
    """Over all connections; a mail that is stored, reset or cut off makes room again."""
    limits = msgspec.structs.replace(core.settings.limits, inflight_octets=1_000)
    bounded = dataclasses.replace(core, settings=msgspec.structs.replace(core.settings, limits=limits))
    peer = Peer("192.0.2.1", False, False)
    first, second = (Conversation(Session(bounded, LmtpSettings(), "mx.example.org", peer)) for _ in range(2))
    first.feed(HELLO + b"RCPT TO:<ann@example.org>\r\nBDAT 600\r\n" + b"x" * 600)
    assert [octets async for octets in steps(first)][-1] == b"250 2.0.0 600 octets received\r\n"
    mail = b"MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nBDAT 500 LAST\r\n" + b"y" * 500
    second.feed(b"LHLO x\r\n" + mail)
    deferred = b"451 4.3.0 Too much mail is coming in, try again later\r\n"
    assert [octets async for octets in steps(second)][-1] == deferred
    assert inflight.held(bounded) == 600
    first.end()
    second.feed(mail)
    assert [octets async for octets in steps(second)][-1] == b"250 2.0.0 <ann@example.org> Delivered\r\n"
    assert inflight.held(bounded) == 0


class Refusing(DeliveryFilter):
    """A plugin that refuses mail to ann for good."""

    async def filter(self, mailbox: MailboxRef, delivery: Delivery) -> Delivery:
        if mailbox.address == "ann@example.org":
            raise Refused("Not wanted here")
        return delivery


async def test_a_filter_refuses_for_one_recipient(core: Core) -> None:
    """Each recipient has its own answer."""
    with_filter = dataclasses.replace(core, extensions=Extensions(delivery_filters=(Refusing(),)))
    talk = Conversation(Session(with_filter, LmtpSettings(), "mx.example.org", Peer("192.0.2.1", False, False)))
    talk.feed(HELLO + b"RCPT TO:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\nBDAT 2 LAST\r\n\r\n")
    answers = [octets async for octets in steps(talk)]
    assert answers[-1] == b"550 5.7.1 <ann@example.org> Not wanted here\r\n250 2.0.0 <bob@example.org> Delivered\r\n"


async def test_a_bug_in_a_delivery_defers_for_every_recipient(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the conversation goes on. The bug is a core that lacks a part."""
    broken = dataclasses.replace(core, extensions=cast(Extensions, None))
    talk = Conversation(Session(broken, LmtpSettings(), "mx.example.org", Peer("192.0.2.1", False, False)))
    talk.feed(HELLO + b"RCPT TO:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\nBDAT 2 LAST\r\n\r\nNOOP\r\n")
    answers = [octets async for octets in steps(talk) if octets]
    assert answers[-2:] == [b"451 4.3.0 Internal error, try again later\r\n" * 2, b"250 2.0.0 OK\r\n"]
    assert [record.message for record in caplog.records] == ["bug in a delivery from 192.0.2.1"]


async def test_a_bug_elsewhere_ends_the_conversation(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    broken = dataclasses.replace(core, directory=cast(Database, None))
    talk = Conversation(Session(broken, LmtpSettings(), "mx.example.org", Peer("192.0.2.1", False, False)))
    talk.feed(HELLO + b"RCPT TO:<ann@example.org>\r\nNOOP\r\n")
    answers = [octets async for octets in steps(talk) if octets]
    assert answers[-1] == b"421 4.3.0 Internal error, closing\r\n"
    assert talk.closing
    assert [record.message for record in caplog.records] == ["bug in an LMTP conversation with 192.0.2.1"]


async def steps(talk: Conversation) -> AsyncIterator[bytes]:
    while (octets := await talk.step()) is not None:
        yield octets
