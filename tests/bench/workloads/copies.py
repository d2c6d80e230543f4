"""A folder with very many messages: one mail, copied until there are enough."""

from __future__ import annotations

from tests.bench import wire
from tests.bench.mails import numbered
from tests.bench.peers.interface import Peer

_AT_ONCE = 100_000


async def fill(peer: Peer, number: int, count: int) -> None:
    """INBOX of the mailbox of that number, once, before the rounds."""
    client = await wire.imap(peer.imap, peer.address(number), "INBOX")
    mail = numbered(0)
    await client.command(b"a APPEND INBOX {%d+}\r\n%b\r\n" % (len(mail), mail), b"a OK")
    have = 1
    while have < count:
        more = min(have, count - have, _AT_ONCE)
        await client.command(b"a NOOP\r\na COPY 1:%d INBOX\r\n" % more, b"a OK [COPYUID")
        have += more
    client.close()
