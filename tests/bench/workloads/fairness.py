"""How long a delivery takes while every worker formats a listing of a million messages without a pause."""

from __future__ import annotations

import asyncio
import time

from tests.bench import accounting, wire
from tests.bench.load import Sample
from tests.bench.mails import numbered
from tests.bench.peers.interface import Peer
from tests.bench.workloads import copies

LARGER = 50
"""How many times the large folder of the other workloads: a million messages where that has 20 000."""
READERS = 8
"""Sessions that list at the same time: enough that each worker has some, however the kernel deals them out."""
READER = 3_000
RECIPIENT = 3_001


async def fill(peer: Peer, messages: int) -> None:
    await copies.fill(peer, READER, messages * LARGER)


async def deliver_beside_listings(peer: Peer, seconds: float) -> Sample:
    readers = [await wire.imap(peer.imap, peer.address(READER), "INBOX") for _ in range(READERS)]
    listing = [asyncio.create_task(_list(reader)) for reader in readers]
    mta = await wire.lmtp(peer.lmtp)
    latencies: list[float] = []
    cpu_s, began = accounting.cpu_s(peer.pid), time.perf_counter()
    while time.perf_counter() - began < seconds:
        latencies.append(await _deliver(peer, mta))
    took, cpu_s = time.perf_counter() - began, accounting.cpu_s(peer.pid) - cpu_s
    memory = accounting.pss_octets(peer.pid)
    for task in listing:
        task.cancel()
    await asyncio.gather(*listing, return_exceptions=True)
    mta.close()
    return Sample(len(latencies), took, tuple(latencies), cpu_s, memory)


async def _list(reader: wire.Imap) -> None:
    try:
        while True:
            await reader.command(b"a FETCH 1:* (FLAGS)\r\n", b"a OK")
    finally:
        reader.close()


async def _deliver(peer: Peer, mta: wire.Lmtp) -> float:
    """From the end of the mail to 250, as an MTA waits for it."""
    await mta.command(b"MAIL FROM:<bench@example.net>\r\n", b"250 ")
    await mta.command(f"RCPT TO:<{peer.address(RECIPIENT)}>\r\n".encode(), b"250 ")
    await mta.command(b"DATA\r\n", b"354 ")
    began = time.perf_counter()
    await mta.command(numbered(1) + b"\r\n.\r\n", b"250 ")
    return time.perf_counter() - began
