"""Connect, LOGIN, SELECT and LOGOUT, over and over: what webmailers and phones do all day."""

from __future__ import annotations

from tests.bench import wire
from tests.bench.load import Sample, sample
from tests.bench.peers.interface import PASSWORD, Peer

CONNECTIONS = 20


async def churn(peer: Peer, seconds: float) -> Sample:
    for number in range(CONNECTIONS):
        await _session(peer, number)
    return await sample(peer, CONNECTIONS, seconds, lambda caller: _session(peer, caller))


async def _session(peer: Peer, number: int) -> int:
    client = await wire.Imap.open(peer.imap, b"* OK")
    await client.command(f"a LOGIN {peer.address(number)} {PASSWORD}\r\n".encode(), b"a OK")
    await client.command(b"a SELECT INBOX\r\n", b"a OK")
    await client.command(b"a LOGOUT\r\n", b"a OK")
    client.close()
    return 1
