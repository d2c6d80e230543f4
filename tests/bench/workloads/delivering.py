"""Mail in: LMTP and APPEND, 4 KB each, from 20 connections to a mailbox each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tests.bench import wire
from tests.bench.load import Operation, Sample, sample
from tests.bench.mails import numbered
from tests.bench.peers.interface import Peer

CONNECTIONS = 20
_numbers = itertools.count()


async def lmtp(peer: Peer, seconds: float) -> Sample:
    clients = [await wire.lmtp(peer.lmtp) for _ in range(CONNECTIONS)]

    async def deliver(caller: int) -> int:
        client = clients[caller]
        await client.command(b"MAIL FROM:<bench@example.net>\r\n", b"250 ")
        await client.command(f"RCPT TO:<{peer.address(caller)}>\r\n".encode(), b"250 ")
        await client.command(b"DATA\r\n", b"354 ")
        await client.command(numbered(next(_numbers)) + b"\r\n.\r\n", b"250 ")
        return 1

    return await _all_stored(peer, seconds, clients, deliver)


async def append(peer: Peer, seconds: float) -> Sample:
    clients = [await wire.imap(peer.imap, peer.address(number)) for number in range(CONNECTIONS)]

    async def append_one(caller: int) -> int:
        octets = numbered(next(_numbers))
        await clients[caller].command(b"a APPEND INBOX {%d+}\r\n%b\r\n" % (len(octets), octets), b"a OK")
        return 1

    return await _all_stored(peer, seconds, clients, append_one)


async def _all_stored(peer: Peer, seconds: float, clients: Sequence[wire.Client], operation: Operation) -> Sample:
    """Measure it, and see that the mailboxes have what was acknowledged."""
    before = await _stored(peer)
    found = await sample(peer, CONNECTIONS, seconds, operation)
    assert await _stored(peer) - before == found.operations, f"{peer.name} does not have what it took"
    for client in clients:
        client.close()
    return found


async def _stored(peer: Peer) -> int:
    """How many messages the mailboxes have together."""
    total = 0
    for number in range(CONNECTIONS):
        client = await wire.imap(peer.imap, peer.address(number))
        total += await wire.messages(client, b"INBOX")
        client.close()
    return total
