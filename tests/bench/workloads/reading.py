"""One mailbox with a large folder: listings, searches, bodies, flags, STATUS, and POP3.

Every operation returns the octets of its answer, which must be the same on all servers.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

from tests.bench import wire
from tests.bench.load import Sample, sample
from tests.bench.mails import LARGE, numbered
from tests.bench.peers.interface import Peer

READER = 1_000
"""The number of the mailbox that has the large folder."""
POP3_READER = 1_001
FOLDER = b"Large"
STATUS_FOLDERS = 20
_PIPELINED = 100
_POP3_MAILS = 100


async def fill(peer: Peer, count: int) -> None:
    """Both mailboxes, once, before the rounds."""
    client = await wire.imap(peer.imap, peer.address(READER))
    await client.command(b"a CREATE Large\r\n", b"a OK")
    for number in range(STATUS_FOLDERS):
        await client.command(b"a CREATE Status%d\r\n" % number, b"a OK")
        await _append(client, b"Status%d" % number, range(5))
    for start in range(0, count, _PIPELINED):
        await _append(client, FOLDER, range(start, min(start + _PIPELINED, count)))
    await client.command(b"a CREATE Huge\r\n", b"a OK")
    await client.command(b"a APPEND Huge {%d+}\r\n%b\r\n" % (len(LARGE), LARGE), b"a OK")
    client.close()
    other = await wire.imap(peer.imap, peer.address(POP3_READER))
    await _append(other, b"INBOX", range(_POP3_MAILS))
    other.close()


async def _append(client: wire.Imap, folder: bytes, numbers: range) -> None:
    """Pipelined; the last answer has a tag of its own."""
    mails = [numbered(number) for number in numbers]
    commands = [b"b APPEND %b {%d+}\r\n%b\r\n" % (folder, len(mail), mail) for mail in mails]
    await client.command(b"".join(commands) + b"a NOOP\r\n", b"a OK")


def asked(command: bytes, folder: bytes = FOLDER) -> Callable[[Peer, float], Awaitable[Sample]]:
    """A workload of one command again and again."""

    async def workload(peer: Peer, seconds: float) -> Sample:
        client = await wire.imap(peer.imap, peer.address(READER), folder.decode())

        async def ask(_caller: int) -> int:
            await client.command(b"a %b\r\n" % command, b"a OK")
            return client.octets

        await ask(0)
        found = await sample(peer, 1, seconds, ask)
        client.close()
        return found

    return workload


def asked_of_index(command: bytes) -> Callable[[Peer, float], Awaitable[Sample]]:
    """As ``asked``, once the server has indexed what it indexes by itself."""

    async def workload(peer: Peer, seconds: float) -> Sample:
        await peer.indexed()
        return await asked(command)(peer, seconds)

    return workload


async def index_size(peer: Peer, seconds: float) -> Sample:
    """The index, in ``memory_octets``, once it is up; an operation is an octet of the text that is in it."""
    size = await peer.indexed()
    return Sample(size.text_octets, seconds, (seconds,), 0.0, size.index_octets)


async def bodies(peer: Peer, seconds: float) -> Sample:
    """Single mails of 4 KB, one after the other."""
    client = await wire.imap(peer.imap, peer.address(READER), FOLDER.decode())
    numbers = itertools.cycle(range(1, 2_001))

    async def read(_caller: int) -> int:
        number = next(numbers)
        await client.command(b"a FETCH %d BODY.PEEK[]\r\n" % number, b"a OK")
        return client.octets - len(str(number))

    found = await sample(peer, 1, seconds, read)
    client.close()
    return found


async def store(peer: Peer, seconds: float) -> Sample:
    """Each STORE changes a flag of one message."""
    client = await wire.imap(peer.imap, peer.address(READER), FOLDER.decode())
    await client.command(b"a STORE 1:2000 -FLAGS.SILENT (\\Flagged)\r\n", b"a OK")
    changes = itertools.cycle((sign, number) for sign in b"+-" for number in range(1, 2_001))

    async def change(_caller: int) -> int:
        sign, number = next(changes)
        await client.command(b"a STORE %d %cFLAGS.SILENT (\\Flagged)\r\n" % (number, sign), b"a OK")
        return 1

    found = await sample(peer, 1, seconds, change)
    client.close()
    return found


async def status(peer: Peer, seconds: float) -> Sample:
    """STATUS of 20 folders, as a client asks when it looks for new mail everywhere."""
    client = await wire.imap(peer.imap, peer.address(READER))
    commands = b"".join(b"b STATUS Status%d (MESSAGES UNSEEN UIDNEXT)\r\n" % number for number in range(STATUS_FOLDERS))

    async def ask(_caller: int) -> int:
        await client.command(commands + b"a NOOP\r\n", b"a OK")
        return 1

    await ask(0)
    found = await sample(peer, 1, seconds, ask)
    client.close()
    return found


async def pop3(peer: Peer, seconds: float) -> Sample:
    """RETR of single mails of 4 KB."""
    client = await wire.pop3(peer.pop3, peer.address(POP3_READER))
    numbers = itertools.cycle(range(1, _POP3_MAILS + 1))

    async def retrieve(_caller: int) -> int:
        await client.command(b"RETR %d\r\n" % next(numbers), b".\r\n")
        return client.octets

    found = await sample(peer, 1, seconds, retrieve)
    await client.command(b"QUIT\r\n", b"+OK")
    client.close()
    return found
