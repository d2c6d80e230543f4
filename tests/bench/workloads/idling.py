"""Sessions in IDLE, a thousand or as many as asked: what each costs in memory, and how soon it hears of a new mail."""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections.abc import Awaitable, Callable

from tests.bench import accounting, wire
from tests.bench.load import Sample
from tests.bench.mails import numbered
from tests.bench.peers.interface import Peer
from tests.bench.peers.skrytka import Skrytka

MAILBOXES = 100
FIRST = 2_000
"""The number of the first of their mailboxes."""
_PACE_S = 0.02

_before: dict[int, int] = {}
"""What each server took before the first of these sessions, by its process: what it frees after a round it keeps for the next."""


def idle(sessions: int) -> Callable[[Peer, float], Awaitable[Sample]]:
    """The workload with so many, which is a multiple of ``MAILBOXES``."""
    return functools.partial(_idle, sessions=sessions)


def idle_over_tls(sessions: int) -> Callable[[Peer, float], Awaitable[Sample]]:
    """The same over TLS, which only our server is set up for."""
    return functools.partial(_idle_over_tls, sessions=sessions)


async def _idle(peer: Peer, seconds: float, sessions: int) -> Sample:
    return await _hear(peer, seconds, sessions, peer.imap, None)


async def _idle_over_tls(peer: Peer, seconds: float, sessions: int) -> Sample:
    assert isinstance(peer, Skrytka)
    peer.restart()  # else the sessions live in what others left behind
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # what is measured is the server's side
    return await _hear(peer, seconds, sessions, peer.imaps, trusting)


async def _hear(peer: Peer, seconds: float, sessions: int, port: int, tls: ssl.SSLContext | None) -> Sample:
    """``memory_octets`` is that of one session; ``latencies_s`` are from the 250 of LMTP, or before, to EXISTS.

    Deliveries come one at a time, at a pace, each to all sessions of a mailbox.
    """
    for number in range(MAILBOXES):  # the first login of a mailbox costs what none costs afterwards
        (await wire.imap(port, peer.address(FIRST + number), "INBOX", tls)).close()
    before = _before.setdefault(peer.pid, accounting.pss_octets(peer.pid))
    clients = [await _idling(port, peer.address(FIRST + number % MAILBOXES), tls) for number in range(sessions)]
    memory = (accounting.pss_octets(peer.pid) - before) // sessions
    mta = await wire.lmtp(peer.lmtp)
    cpu_s, began = accounting.cpu_s(peer.pid), time.perf_counter()
    latencies: list[float] = []
    deliveries = 0
    while time.perf_counter() - began < seconds:
        latencies += await _deliver(peer, mta, clients[deliveries % MAILBOXES :: MAILBOXES], deliveries)
        deliveries += 1
        await asyncio.sleep(_PACE_S)
    took, cpu_s = time.perf_counter() - began, accounting.cpu_s(peer.pid) - cpu_s
    for client in clients:
        client.close()
    mta.close()
    return Sample(deliveries, took, tuple(latencies), cpu_s, memory)


async def _idling(port: int, address: str, tls: ssl.SSLContext | None) -> wire.Imap:
    client = await wire.imap(port, address, "INBOX", tls)
    await client.command(b"a IDLE\r\n", b"+ ")
    return client


async def _deliver(peer: Peer, mta: wire.Lmtp, watching: list[wire.Imap], number: int) -> list[float]:
    """How long each session waited, from the moment in which the whole mail had been sent."""
    await mta.command(b"MAIL FROM:<bench@example.net>\r\n", b"250 ")
    await mta.command(f"RCPT TO:<{peer.address(FIRST + number % MAILBOXES)}>\r\n".encode(), b"250 ")
    await mta.command(b"DATA\r\n", b"354 ")
    began = time.perf_counter()

    async def heard(client: wire.Imap) -> float:
        await client.told(b" EXISTS\r\n")
        return time.perf_counter() - began

    waiting = [asyncio.create_task(heard(client)) for client in watching]
    await asyncio.sleep(0)
    await mta.command(numbered(number) + b"\r\n.\r\n", b"250 ")
    return await asyncio.gather(*waiting)
