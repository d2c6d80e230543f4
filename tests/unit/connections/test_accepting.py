"""Accepting: TLS, STARTTLS, the PROXY header, limits, who may send a password, draining, bugs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct

import pytest

from skrytka import metrics
from skrytka.connections import networks, proxy_protocol
from skrytka.connections.interface import Connection
from skrytka.connections.limits import ConnectionLimits
from tests.unit.connections.conftest import Served


def proxy_header(address: bytes, *, command: int = 0x21, family: int = 0x11, tlvs: bytes = b"") -> bytes:
    body = address + tlvs
    return proxy_protocol.SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def from_192_0_2_9(tlvs: bytes = b"", address: bytes = b"\xc0\x00\x02\x09") -> bytes:
    return proxy_header(address + b"\x7f\x00\x00\x01" + b"\x30\x39\x04\x77", tlvs=tlvs)


FROM_192_0_2_9 = from_192_0_2_9()


async def report(connection: Connection) -> None:
    """Say what the front end sees, then echo one line."""
    state = (
        f"{connection.client_address} tls={connection.tls} secure={connection.secure} start={connection.can_start_tls}"
    )
    connection.write(state.encode() + b"\r\n")
    octets = await connection.receive(5)
    assert isinstance(octets, bytes)
    connection.write(octets)


async def upgrade(connection: Connection) -> None:
    """STARTTLS at the first octets, then report."""
    await connection.receive(5)
    connection.write(b"OK go ahead\r\n")
    await connection.start_tls()
    await report(connection)


async def first_line(served: Served, sent: bytes = b"", context: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await served.connect(context)
    writer.write(sent)
    line = await reader.readline()
    writer.close()
    return line


def refused(reason: str) -> float:
    return float(metrics.CONNECTIONS_REFUSED.labels("test.listen", reason)._value.get())


async def test_plain_connection_from_loopback_is_secure_and_can_start_tls(served: Served) -> None:
    served.listen(report)
    assert await first_line(served) == b"127.0.0.1 tls=False secure=True start=True\r\n"


async def test_implicit_tls(served: Served, client_context: ssl.SSLContext) -> None:
    served.listen(report, tls=True)
    reader, writer = await served.connect(client_context)
    assert await reader.readline() == b"127.0.0.1 tls=True secure=True start=False\r\n"
    writer.write(b"hello")
    assert await reader.read() == b"hello"
    writer.close()


async def test_plaintext_to_a_tls_listener_is_refused(served: Served) -> None:
    served.listen(report, tls=True)
    before = refused("handshake")
    reader, writer = await served.connect()
    writer.write(b"A1 LOGIN ann secret\r\n")
    assert b"127.0.0.1" not in await reader.read()
    assert refused("handshake") == before + 1
    writer.close()


async def test_start_tls(served: Served, client_context: ssl.SSLContext) -> None:
    served.listen(upgrade)
    reader, writer = await served.connect()
    writer.write(b"STARTTLS\r\n")
    assert await reader.readline() == b"OK go ahead\r\n"
    await writer.start_tls(client_context, server_hostname="localhost")
    assert await reader.readline() == b"127.0.0.1 tls=True secure=True start=False\r\n"
    writer.write(b"private")
    assert await reader.readexactly(7) == b"private"
    writer.close()


async def test_start_tls_drops_what_came_before_the_handshake(served: Served, client_context: ssl.SSLContext) -> None:
    buffered = asyncio.Event()

    async def converse(connection: Connection) -> None:
        await connection.receive(5)
        connection.write(b"OK go ahead\r\n")
        await buffered.wait()
        await connection.start_tls()
        octets = await connection.receive(5)
        assert isinstance(octets, bytes)
        connection.write(b"got " + octets)

    served.listen(converse)
    reader, writer = await served.connect()
    writer.write(b"STARTTLS\r\n")
    assert await reader.readline() == b"OK go ahead\r\n"
    writer.write(b"INJECTED\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)
    buffered.set()
    await writer.start_tls(client_context, server_hostname="localhost")
    writer.write(b"private")
    assert await reader.read() == b"got private"
    writer.close()


async def test_a_failed_handshake_ends_the_conversation_quietly(served: Served) -> None:
    served.listen(upgrade)
    reader, writer = await served.connect()
    writer.write(b"STARTTLS\r\n")
    assert await reader.readline() == b"OK go ahead\r\n"
    writer.write(b"this is no ClientHello\r\n")
    assert not (await reader.read()).startswith(b"127.0.0.1")
    writer.close()


async def test_proxy_header_names_the_client(served: Served) -> None:
    served.listen(report, proxy=True, trusted=("127.0.0.0/8",))
    for split in (1, 15, 16, 20, len(FROM_192_0_2_9)):
        reader, writer = await served.connect()
        writer.write(FROM_192_0_2_9[:split])
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(FROM_192_0_2_9[split:] + b"hello")
        assert await reader.readline() == b"192.0.2.9 tls=False secure=False start=True\r\n"
        assert await reader.read() == b"hello"
        writer.close()


@pytest.mark.parametrize(
    ("sent", "tls_ended", "secure"),
    [
        (FROM_192_0_2_9, False, False),
        (FROM_192_0_2_9, True, True),
        (from_192_0_2_9(b"\x20\x00\x05\x01\x00\x00\x00\x00"), False, True),
        (from_192_0_2_9(b"\x04\x00\x02xx\x20\x00\x05\x07\x00\x00\x00\x00"), False, True),
        (from_192_0_2_9(b"\x20\x00\x05\x00\x00\x00\x00\x00"), False, False),
        (from_192_0_2_9(b"\x20\x00\x00"), False, False),
        (from_192_0_2_9(b"\x20\x00\x09\x01"), False, False),
        (from_192_0_2_9(b"\x04\xff\xff\x20\x00\x05\x01"), False, False),
        (from_192_0_2_9(address=b"\x7f\x00\x00\x02"), False, True),
    ],
)
async def test_a_client_behind_a_proxy_gives_its_password_over_tls_only(
    served: Served, sent: bytes, tls_ended: bool, secure: bool
) -> None:
    """The balancer may pass TCP through: that it is trusted says nothing of the way to it."""
    served.listen(report, proxy=True, trusted=("127.0.0.0/8",), tls_ended=tls_ended)
    assert f"tls=False secure={secure}".encode() in await first_line(served, sent)


async def test_proxy_header_and_then_implicit_tls(served: Served, client_context: ssl.SSLContext) -> None:
    served.listen(report, proxy=True, tls=True, trusted=("127.0.0.1",))
    reader, writer = await served.connect()
    writer.write(FROM_192_0_2_9)
    await writer.start_tls(client_context, server_hostname="localhost")
    assert await reader.readline() == b"192.0.2.9 tls=True secure=True start=False\r\n"
    writer.close()


async def test_a_proxy_speaking_for_itself_keeps_its_own_address(served: Served) -> None:
    served.listen(report, proxy=True, trusted=("127.0.0.1",))
    local = proxy_header(b"", command=0x20, family=0)
    assert (await first_line(served, local)).startswith(b"127.0.0.1 tls=False secure=True ")


@pytest.mark.parametrize(
    ("sent", "trusted", "reason"),
    [
        (b"A1 CAPABILITY\r\n--------", ("127.0.0.1",), "proxy_protocol"),
        (FROM_192_0_2_9[:-3], ("127.0.0.1",), "proxy_protocol"),
        (FROM_192_0_2_9, ("192.0.2.0/24",), "untrusted"),
    ],
)
async def test_a_wrong_proxy_header_is_closed(
    served: Served, sent: bytes, trusted: tuple[str, ...], reason: str
) -> None:
    served.listen(report, proxy=True, trusted=trusted)
    before = refused(reason)
    reader, writer = await served.connect()
    writer.write(sent)
    writer.write_eof()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    assert refused(reason) == before + 1
    writer.close()


async def test_connections_per_client_count_the_address_behind_the_proxy(served: Served) -> None:
    served.listen(report, proxy=True, trusted=("127.0.0.1",), limits=ConnectionLimits(100, 1))
    reader, writer = await served.connect()
    writer.write(FROM_192_0_2_9)
    assert (await reader.readline()).startswith(b"192.0.2.9 ")
    assert await first_line(served, FROM_192_0_2_9) == b""
    other = proxy_header(b"\xc0\x00\x02\x0a" + FROM_192_0_2_9[20:])
    assert (await first_line(served, other)).startswith(b"192.0.2.10 ")
    writer.write(b"bye")
    assert await reader.read() == b"bye"
    writer.close()
    await writer.wait_closed()
    while served.acceptors[0]._terms.limits.total:
        await asyncio.sleep(0)
    assert (await first_line(served, FROM_192_0_2_9)).startswith(b"192.0.2.9 ")


async def test_connections_per_process(served: Served) -> None:
    served.listen(report, limits=ConnectionLimits(2, 100))
    held = [await served.connect() for _ in range(2)]
    for reader, _ in held:
        assert await reader.readline() != b""
    assert await first_line(served) == b""
    for _, writer in held:
        writer.close()


async def test_draining_takes_what_is_queued_and_lets_conversations_end(served: Served) -> None:
    async def converse(connection: Connection) -> None:
        connection.write(str(await connection.receive(30)).encode())

    acceptor = served.listen(converse)
    clients = await asyncio.gather(*(served.connect() for _ in range(100)))
    await acceptor.drain(5)
    assert {await reader.read() for reader, _ in clients} == {b"Signal.DRAINING"}
    for _, writer in clients:
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await served.connect()


async def test_draining_cuts_a_conversation_that_does_not_end(served: Served) -> None:
    async def converse(connection: Connection) -> None:
        connection.write(b"hello")
        while True:
            await connection.receive(30)

    acceptor = served.listen(converse)
    reader, writer = await served.connect()
    assert await reader.readexactly(5) == b"hello"
    await asyncio.wait_for(acceptor.drain(0.1), 5)
    assert await reader.read() == b""
    writer.close()


async def test_a_bug_is_logged_and_closes_only_its_connection(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    async def converse(connection: Connection) -> None:
        raise ZeroDivisionError("bug")

    served.listen(converse)
    assert await first_line(served) == b""
    assert await first_line(served) == b""
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in logged] == ["test.listen: bug in the conversation with 127.0.0.1"] * 2
    assert logged[0].exc_info is not None
    caplog.clear()


@pytest.mark.parametrize(
    ("peer", "trusted", "allow_plaintext", "secure"),
    [
        ("192.0.2.1", (), False, False),
        ("192.0.2.1", (), True, True),
        ("192.0.2.1", ("192.0.2.0/24",), False, True),
        ("192.0.2.1", ("198.51.100.0/24",), False, False),
        ("::1", (), False, True),
        ("::ffff:127.0.0.1", (), False, True),
    ],
)
async def test_who_may_send_a_password_in_the_clear(
    served: Served, peer: str, trusted: tuple[str, ...], allow_plaintext: bool, secure: bool
) -> None:
    acceptor = served.listen(report, trusted=trusted, allow_plaintext=allow_plaintext)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client, key = await acceptor._identify(ours, networks.parse_address(peer))
    assert client.trusted_plaintext is secure
    assert (key is None) is bool(trusted and secure), "a trusted proxy that names no client is not limited"
