"""``ClientConnection`` over real sockets: receiving, waking, draining, writing, closing."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

import pytest

from skrytka.connections import connection as connection_module
from skrytka.connections.connection import Client, ClientConnection, Patience
from skrytka.connections.interface import Connection, Listener, Signal
from tests.unit.connections.conftest import Served


class Recorder:
    """A conversation that a test drives from outside: it hands its connection over and ends when told."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[ClientConnection] = asyncio.Queue()
        self.finish = asyncio.Event()

    async def __call__(self, connection: Connection) -> None:
        assert isinstance(connection, ClientConnection)
        self.connections.put_nowait(connection)
        await self.finish.wait()


async def pair(patience: Patience) -> tuple[ClientConnection, socket.socket]:
    """A connection with a patience of its own, and the client's end as a plain socket."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    listener = Listener("test.listen", "127.0.0.1:1", False)
    loop = asyncio.get_running_loop()
    _, connection = await loop.connect_accepted_socket(
        lambda: ClientConnection(listener, Client("127.0.0.1", True), None, patience), ours
    )
    return connection, theirs


async def test_octets_come_as_they_were_sent_and_then_the_end(served: Served) -> None:
    got: list[bytes | Signal] = []
    done = asyncio.Event()

    async def converse(connection: Connection) -> None:
        while (octets := await connection.receive(5)) != b"":
            got.append(octets)
            connection.write(b"+" + octets if isinstance(octets, bytes) else b"?")
        connection.write(b"bye")
        done.set()

    served.listen(converse)
    reader, writer = await served.connect()
    writer.write(b"one")
    assert await reader.readexactly(4) == b"+one"
    writer.write(b"two")
    assert await reader.readexactly(4) == b"+two"
    writer.write_eof()
    assert await reader.read() == b"bye", "a half-closed client still gets its answer"
    await done.wait()
    assert got == [b"one", b"two"]
    writer.close()


async def test_receive_times_out_and_the_next_receive_still_gets_octets(served: Served) -> None:
    record = Recorder()
    served.listen(record)
    _, writer = await served.connect()
    connection = await record.connections.get()
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await connection.receive(0.05) is Signal.TIMED_OUT
    assert 0.04 <= loop.time() - started < 2
    writer.write(b"late")
    assert await connection.receive(30) == b"late"
    started = loop.time()
    assert await connection.receive(0.05) is Signal.TIMED_OUT, "a shorter timeout than the armed timer holds"
    assert loop.time() - started < 2
    record.finish.set()
    writer.close()


async def test_wake_ends_the_running_and_the_next_receive_once(served: Served) -> None:
    record = Recorder()
    served.listen(record)
    _, writer = await served.connect()
    connection = await record.connections.get()
    running = asyncio.create_task(connection.receive(30))
    await asyncio.sleep(0)
    connection.wake()
    connection.wake()
    assert await running is Signal.WOKEN
    connection.wake()
    assert await connection.receive(30) is Signal.WOKEN
    assert await connection.receive(0.01) is Signal.TIMED_OUT
    record.finish.set()
    writer.close()


async def test_draining_comes_behind_octets_and_again_only_after_more(served: Served) -> None:
    record = Recorder()
    served.listen(record)
    _, writer = await served.connect()
    connection = await record.connections.get()
    writer.write(b"NOOP\r\n")
    assert await connection.receive(30) == b"NOOP\r\n"
    connection.drain()
    assert await connection.receive(30) is Signal.DRAINING
    assert await connection.receive(0.01) is Signal.TIMED_OUT
    writer.write(b"rest of a message")
    assert await connection.receive(30) == b"rest of a message"
    assert await connection.receive(30) is Signal.DRAINING
    record.finish.set()
    writer.close()


async def test_a_client_cannot_fill_memory() -> None:
    connection, theirs = await pair(Patience())
    loop = asyncio.get_running_loop()
    sending = asyncio.create_task(loop.sock_sendall(theirs, b"x" * 20_000_000))
    buffered = -1
    while buffered != connection._size or not buffered:
        buffered = connection._size
        await asyncio.sleep(0.05)
    assert not sending.done()
    assert connection_module.READ_HIGH_WATER < buffered <= connection_module.READ_HIGH_WATER + 262_144
    received = 0
    while received < 20_000_000:
        octets = await connection.receive(5)
        assert isinstance(octets, bytes)
        received += len(octets)
    await sending
    theirs.close()
    assert await connection.receive(5) == b""
    await connection.close()


async def test_flush_waits_for_a_slow_reader_and_loses_nothing() -> None:
    connection, theirs = await pair(Patience())
    loop = asyncio.get_running_loop()
    sent = bytes(range(256)) * 40_000

    async def send() -> None:
        for start in range(0, len(sent), 65_536):
            connection.write(sent[start : start + 65_536])
            await connection.flush()
        await connection.close()

    sending = asyncio.create_task(send())
    got = bytearray()
    while octets := await loop.sock_recv(theirs, 100_000):
        got += octets
    theirs.close()
    await sending
    assert bytes(got) == sent


async def test_flush_drops_a_client_that_takes_nothing() -> None:
    connection, theirs = await pair(Patience(write_stall_s=0.1))
    connection.write(b"x" * 5_000_000)
    with pytest.raises(ConnectionAbortedError, match="takes nothing"):
        await connection.flush()
    assert await connection.receive(5) == b""
    connection.write(b"into the void")
    with pytest.raises(ConnectionResetError):
        await connection.flush()
    theirs.close()


@pytest.mark.parametrize(("least", "kept"), [(1_000_000, False), (1, True)])
async def test_flush_drops_a_client_that_takes_too_little(least: int, kept: bool) -> None:
    connection, theirs = await pair(Patience(write_stall_s=0.2, least_octets_per_s=least))
    connection.write(b"x" * 10_000_000)
    flushing = asyncio.create_task(connection.flush())
    for _ in range(20 if kept else 1_000):
        if flushing.done():
            break
        with suppress(BlockingIOError):
            theirs.recv(300_000 if kept else 10_000)
        await asyncio.sleep(0.05)
    assert flushing.done() is not kept
    if not kept:
        with pytest.raises(ConnectionAbortedError, match="too little"):
            await flushing
    connection.abort()
    await asyncio.gather(flushing, return_exceptions=True)
    theirs.close()


async def test_a_reset_is_the_end_of_the_stream(served: Served) -> None:
    record = Recorder()
    served.listen(record)
    _, writer = await served.connect()
    connection = await record.connections.get()
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    assert await connection.receive(30) == b""
    connection.write(b"nobody reads this")
    with pytest.raises(ConnectionResetError):
        await connection.flush()
    await connection.close()
    await connection.close()
    record.finish.set()


async def test_the_last_line_arrives_though_the_client_is_still_sending(served: Served) -> None:
    async def converse(connection: Connection) -> None:
        await connection.receive(5)
        connection.write(b"* BYE too much\r\n")

    served.listen(converse)
    reader, writer = await served.connect()
    writer.write(b"x" * 3_000_000)
    assert await reader.read() == b"* BYE too much\r\n"
    writer.close()


async def test_close_is_bounded_when_the_client_never_closes() -> None:
    connection, theirs = await pair(Patience(linger_s=0.05))
    connection.write(b"bye")
    await asyncio.wait_for(connection.close(), 2)
    loop = asyncio.get_running_loop()
    assert await loop.sock_recv(theirs, 10) == b"bye"
    assert await loop.sock_recv(theirs, 10) == b""
    theirs.close()
