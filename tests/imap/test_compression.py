"""COMPRESS=DEFLATE (RFC 4978) where it is about sizes: large mails, and clients that do not read them."""

from __future__ import annotations

import asyncio
import random
import ssl
import zlib

import pytest

from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages
from tests import front_ends

LETTERS = random.Random(1).choices(b"abcdefghijklmnop", k=189_000)
MAILS = [b"Subject: %d\r\n\r\n%b" % (number, bytes(LETTERS)) for number in range(6)]
"""More than the buffers of a connection and of its socket take, compressed as well: 4 bits a letter."""


async def compressed(
    core: Core, served: front_ends.Served, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client who has asked for all of INBOX, with ``served`` sending it."""
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = (await folders.get(core, mailbox, "INBOX")).folder_id
    await messages.append(core, front_ends.ACTOR, mailbox, inbox, [NewMessage(mail) for mail in MAILS])
    reader, writer = await served.connect()
    await reader.readline()
    if tls is not None:
        writer.write(b"a STARTTLS\r\n")
        await reader.readline()
        await writer.start_tls(tls)
    for command in (f'b LOGIN ann@example.org "{front_ends.PASSWORD}"', "c EXAMINE INBOX", "d COMPRESS DEFLATE"):
        writer.write(f"{command}\r\n".encode())
        while not (line := await reader.readline()).startswith(command[0].encode()):
            pass
        assert line.split()[1] == b"OK"
    deflater = zlib.compressobj(wbits=-15)
    writer.write(deflater.compress(b"e FETCH 1:* BODY.PEEK[]\r\nf LOGOUT\r\n") + deflater.flush(zlib.Z_SYNC_FLUSH))
    return reader, writer


@pytest.mark.parametrize("with_tls", [False, True], ids=["plaintext", "TLS"])
async def test_large_mails_come_whole_and_smaller(
    with_tls: bool, core: Core, served: front_ends.Served, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    reader, writer = await compressed(core, served, tls_contexts[1] if with_tls else None)
    octets = await reader.read()
    writer.close()
    said = zlib.decompressobj(-15).decompress(octets)
    assert len(octets) < 0.7 * len(said)
    for number, mail in enumerate(MAILS, 1):
        line = b"* %d FETCH (BODY[] {%d}\r\n" % (number, len(mail))
        assert said.startswith(line + mail + b")\r\n")
        said = said[len(line + mail) + 3 :]
    assert [each.split()[:2] for each in said.splitlines()] == [[b"e", b"OK"], [b"*", b"BYE"], [b"f", b"OK"]]


async def test_a_client_that_does_not_read_is_not_compressed_for(core: Core, served: front_ends.Served) -> None:
    """As without COMPRESS: the server waits, and the session ends quietly when the client goes."""
    reader, writer = await compressed(core, served, None)
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio.StreamReader has no other way
    await asyncio.sleep(0.5)
    [connection] = served.connections
    assert 0 < connection._transport.get_write_buffer_size() < 2 * 256 * 1024
    writer.transport.abort()
    await asyncio.wait_for(served.ended(), 10)
