"""The whole service over the loopback, two workers on SQLite: mail in over LMTP, and out over IMAP and POP3."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import uvloop

from tests.bench.mime import mail
from tests.bench.rows import Row
from tests.live.serving import Service

CONNECTIONS = 20
FOLDER = 2_000
PASSWORD = "secret"
MAIL = mail(4_096)


class Client:
    """One connection that writes commands and reads their answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def command(self, octets: bytes, end: bytes) -> int:
        """Send, and read up to the line that starts with ``end``; the number of lines."""
        self._writer.write(octets)
        lines = 1
        while not (line := await self._reader.readline()).startswith(end):
            assert line, "the server closed"
            lines += 1
        return lines

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def connect(service: Service, key: str, greeting: bytes) -> Client:
    limit = 1 << 20
    client = Client(*await asyncio.open_connection("127.0.0.1", service.ports[key], limit=limit))
    await client.command(b"", greeting)
    return client


async def rate(clients: list[Client], seconds: float, work: Callable[[Client, int], Awaitable[None]]) -> float:
    """How often a second the clients together get their work done."""
    end = time.perf_counter() + seconds
    done = 0

    async def repeat(client: Client, number: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await work(client, number)
            done += 1

    await asyncio.gather(*(repeat(client, number) for number, client in enumerate(clients)))
    return done / seconds


async def lmtp(service: Service, addresses: list[str], rounds: int, seconds: float) -> Row:
    clients = [await connect(service, "lmtp.listen", b"220 ") for _ in range(CONNECTIONS)]
    for client in clients:
        await client.command(b"LHLO bench\r\n", b"250 ")

    async def deliver(client: Client, number: int) -> None:
        recipient = addresses[number % len(addresses)].encode()
        await client.command(b"MAIL FROM:<bench@example.net>\r\n", b"250 ")
        await client.command(b"RCPT TO:<" + recipient + b">\r\n", b"250 ")
        await client.command(b"DATA\r\n", b"354 ")
        await client.command(MAIL + b"\r\n.\r\n", b"250 ")

    found = tuple([await rate(clients, seconds, deliver) for _ in range(rounds)])
    for client in clients:
        await client.close()
    return Row(f"service: LMTP, 4 KB, {CONNECTIONS} connections", "/s", found)


async def imap(service: Service, address: str, rounds: int, fetched: str) -> Row:
    client = await connect(service, "imap.listen", b"* OK")
    await client.command(f"a LOGIN {address} {PASSWORD}\r\n".encode(), b"a OK")
    await client.command(b"b SELECT INBOX\r\n", b"b OK")
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        lines = await client.command(f"c UID FETCH 1:* ({fetched})\r\n".encode(), b"c OK")
        assert lines > FOLDER
        found.append((time.perf_counter() - began) * 1e6 / FOLDER)
    await client.close()
    shown = re.sub(r" .* ", " ... ", fetched)
    return Row(f"service: IMAP UID FETCH 1:* ({shown})", "us/message", tuple(found))


async def pop3(service: Service, address: str, rounds: int, seconds: float) -> Row:
    client = await connect(service, "pop3.listen", b"+OK")
    await client.command(f"USER {address}\r\n".encode(), b"+OK")
    await client.command(f"PASS {PASSWORD}\r\n".encode(), b"+OK")

    async def retrieve(each: Client, _: int) -> None:
        await each.command(b"RETR 1\r\n", b".\r\n")

    found = tuple([await rate([client], seconds, retrieve) for _ in range(rounds)])
    await client.command(b"QUIT\r\n", b"+OK")
    await client.close()
    return Row("service: POP3 RETR, 4 KB, one connection", "/s", found)


async def all_rows(service: Service, rounds: int, seconds: float) -> list[Row]:
    addresses = [service.new_mailbox(PASSWORD) for _ in range(CONNECTIONS)]
    reader = service.new_mailbox(PASSWORD)
    filling = await connect(service, "imap.listen", b"* OK")
    await filling.command(f"a LOGIN {reader} {PASSWORD}\r\n".encode(), b"a OK")
    for _ in range(FOLDER):
        await filling.command(b"b APPEND INBOX {%d+}\r\n%b\r\n" % (len(MAIL), MAIL), b"b OK")
    await filling.close()
    return [
        await lmtp(service, addresses, rounds, seconds),
        await imap(service, reader, rounds, "FLAGS"),
        await imap(service, reader, rounds, "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE"),
        await pop3(service, reader, rounds, seconds),
    ]


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """The rows of one running service; the generator shares the machine with it."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "var").start()
        try:
            yield from uvloop.run(all_rows(service, rounds, seconds))
        finally:
            service.stop()
