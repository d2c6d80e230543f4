"""What a transcript cannot show: clients that stall or drip, and settings."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from skrytka.core import Core
from skrytka.services import inflight
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings as ImapSettings
from tests import front_ends
from tests.front_ends import Served

Serve = Callable[[ImapSettings], Served]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LOGIN = b'a LOGIN ann@example.org "open sesame"\r\n'


@pytest.fixture
async def serve(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Serve]:
    """Call it with settings for a served front end."""
    started: list[Served] = []

    def start(settings: ImapSettings) -> Served:
        started.append(front_ends.Served(partial(converse, core, settings), tls_contexts[0]))
        return started[-1]

    yield start
    for served in started:
        await served.stop()


async def logged_in(served: Served) -> Streams:
    reader, writer = await served.connect()
    writer.write(LOGIN)
    await reader.readuntil(b"You are logged in\r\n")
    return reader, writer


async def drip(writer: asyncio.StreamWriter, octet: bytes) -> None:
    """One octet after the other, until the server has enough."""
    while not writer.is_closing():
        writer.write(octet)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("command", [b"b APPEND INBOX {10+}\r\n12345", b"b APPEND INBOX {10+}\r\n1234567890", b"b NOO"])
async def test_a_command_that_stalls_is_given_up(core: Core, serve: Serve, command: bytes) -> None:
    served = serve(ImapSettings(command_timeout_s=0.1))
    reader, writer = await logged_in(served)
    writer.write(command)
    async with asyncio.timeout(10):
        assert await reader.read() == b"* BYE Autologout; the rest of a command did not come\r\n"
    writer.close()
    await served.ended()
    assert inflight.held(core) == 0


async def test_a_mail_that_comes_octet_by_octet_is_given_up(core: Core, serve: Serve) -> None:
    """What it announced is kept free for it, which others would have use for."""
    served = serve(ImapSettings(command_timeout_s=0.3))
    reader, writer = await logged_in(served)
    writer.write(b"b APPEND INBOX {100000+}\r\n")
    dripping = asyncio.create_task(drip(writer, b"x"))
    async with asyncio.timeout(10):
        assert await reader.read() == b"* BYE Autologout; the rest of a command did not come\r\n"
    writer.close()
    await dripping
    await served.ended()
    assert inflight.held(core) == 0


async def test_a_mail_that_keeps_coming_may_take_longer(serve: Serve) -> None:
    served = serve(ImapSettings(command_timeout_s=0.4, least_octets_per_s=100))
    reader, writer = await logged_in(served)
    writer.write(b"b APPEND INBOX {500+}\r\n")
    for _ in range(10):
        await asyncio.sleep(0.1)
        writer.write(b"x" * 50)
    writer.write(b"\r\n")
    assert (await reader.readline()).startswith(b"b OK ")
    writer.close()


async def test_between_commands_a_client_has_more_time(serve: Serve) -> None:
    served = serve(ImapSettings(command_timeout_s=0.05))
    reader, writer = await logged_in(served)
    writer.write(b"b APPEND INBOX {4}\r\n")
    assert await reader.readline() == b"+ Send the literal\r\n"
    writer.write(b"mail\r\n")
    assert (await reader.readline()).startswith(b"b OK ")
    await asyncio.sleep(0.2)
    writer.write(b"c NOOP\r\n")
    assert await reader.readline() == b"c OK Nothing done\r\n"
    writer.close()


async def test_dripping_octets_put_off_neither_heartbeat_nor_autologout(serve: Serve) -> None:
    served = serve(ImapSettings(idle_heartbeat_s=0.2, idle_timeout_s=0.5))
    reader, writer = await logged_in(served)
    writer.write(b"b IDLE\r\n")
    assert await reader.readline() == b"+ Idling\r\n"
    dripping = asyncio.create_task(drip(writer, b"x"))
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    await dripping
    assert said.startswith(b"* OK Still here\r\n")
    assert said.endswith(b"* OK Still here\r\n* BYE Autologout; idle for too long\r\n")


async def test_commands_without_a_pause_do_not_put_off_the_end_of_the_time_to_log_in(serve: Serve) -> None:
    reader, writer = await serve(ImapSettings(login_timeout_s=0.3)).connect()
    flooding = asyncio.create_task(flood(writer, b"a NOOP\r\n" * 1_000))
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    await flooding
    assert said.endswith(b"a OK Nothing done\r\n* BYE Autologout; idle for too long\r\n")


async def flood(writer: asyncio.StreamWriter, octets: bytes) -> None:
    """More than the server can answer, until it has enough."""
    try:
        while not writer.is_closing():
            writer.write(octets)
            await writer.drain()
    except ConnectionError:
        return


async def test_a_response_in_pieces_takes_nothing_of_the_time_for_the_next_command(serve: Serve) -> None:
    reader, writer = await serve(ImapSettings(command_timeout_s=0.2)).connect()
    response = base64.b64encode(b"\0ann@example.org\0open sesame")
    writer.write(b"a AUTHENTICATE PLAIN\r\n")
    await reader.readuntil(b"+ \r\n")
    writer.write(response[:5])
    await asyncio.sleep(0.05)
    writer.write(response[5:] + b"\r\n")
    await reader.readuntil(b"You are logged in\r\n")
    await asyncio.sleep(0.4)
    writer.write(b"b NOOP\r\n")
    assert await reader.readline() == b"b OK Nothing done\r\n"
    writer.close()


async def test_the_literals_of_a_command_are_bounded(serve: Serve) -> None:
    served = serve(ImapSettings(command_literal_octets=1_024))
    reader, writer = await logged_in(served)
    writer.write(b"b SELECT {1025}\r\n")
    assert await reader.readline() == b"b NO [TOOBIG] The literals of this command have at most 1024 octets\r\n"
    writer.write(b"c SELECT {1024}\r\n")
    assert await reader.readline() == b"+ Send the literal\r\n"
    writer.close()


async def test_so_many_keywords_are_listed(serve: Serve) -> None:
    served = serve(ImapSettings(told_keywords=2))
    reader, writer = await logged_in(served)
    writer.write(b"b SELECT INBOX\r\nc APPEND INBOX (a b c d) {4+}\r\nmail\r\nd STORE 1 FLAGS.SILENT (e f)\r\n")
    said = await reader.readuntil(b"d OK The flags are stored\r\n")
    listed = [line for line in said.split(b"\r\n") if line.startswith(b"* FLAGS (")]
    flags = rb"* FLAGS (\Answered \Flagged \Deleted \Seen \Draft"
    assert listed == [flags + b")", flags + b" a b)"], "for SELECT and for the new mail, and no third time"
    writer.close()
