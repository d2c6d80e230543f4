"""Many sessions on one large folder: they share what their process knows of it."""

from __future__ import annotations

import asyncio
import time

from tests.bench import accounting, wire
from tests.bench.load import Sample
from tests.bench.peers.interface import Peer
from tests.bench.peers.skrytka import Skrytka
from tests.bench.workloads import copies

LARGER = 5
"""How many times the large folder of the other workloads: 100 000 messages where that has 20 000."""
SESSIONS = 100
READER = 3_100


async def fill(peer: Peer, messages: int) -> None:
    await copies.fill(peer, READER, messages * LARGER)


async def open_together(peer: Peer, _seconds: float) -> Sample:
    """``memory_octets`` is that of all sessions together: opened, listed, and told of a change of a thousand messages."""
    assert isinstance(peer, Skrytka)
    peer.restart()  # else the folder is in memory before the first of them
    for _ in range(SESSIONS):  # the first login costs each worker the memory of a hash
        (await wire.imap(peer.imap, peer.address(READER))).close()
    before, cpu_s, began = accounting.pss_octets(peer.pid), accounting.cpu_s(peer.pid), time.perf_counter()
    clients = [await wire.imap(peer.imap, peer.address(READER), "INBOX") for _ in range(SESSIONS)]
    for client in clients:
        await client.command(b"a UID FETCH 1:* (FLAGS)\r\n", b"a OK")
    for sign in b"+-":
        await clients[0].command(b"a STORE 1:1000 %cFLAGS.SILENT (\\Flagged)\r\n" % sign, b"a OK")
        await asyncio.gather(*(client.command(b"a NOOP\r\n", b"a OK") for client in clients))
    memory = accounting.pss_octets(peer.pid) - before
    took, cpu_s = time.perf_counter() - began, accounting.cpu_s(peer.pid) - cpu_s
    for client in clients:
        client.close()
    return Sample(SESSIONS, took, (took,), cpu_s, memory)
