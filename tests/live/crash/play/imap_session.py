"""A session of IMAP: commands and their answers, and a player that has one."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.live.crash.play.stage import PASSWORD, Player, Stage
from tests.live.crash.play.wire import Lost, Wire

_LITERAL = re.compile(rb"\{([0-9]+)\}$")


class Answer(NamedTuple):
    """The tagged line without its tag, and the untagged ones."""

    status: bytes
    untagged: list[bytes]

    @property
    def ok(self) -> bool:
        return self.status.startswith(b"OK")


class Session:
    """Commands and their answers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._tags = 0

    async def command(self, *parts: str | bytes) -> Answer:
        """Octets among the parts are sent as literals."""
        self._tags += 1
        tag = f"t{self._tags} ".encode()
        self._wire.send(tag + b"".join(map(_sent, parts)) + b"\r\n")
        untagged: list[bytes] = []
        while True:
            line = await self._line()
            if line.startswith(tag):
                return Answer(line.removeprefix(tag), untagged)
            if line.startswith(b"* BYE"):
                raise Lost(line)
            untagged.append(line)

    async def ask(self, text: str) -> list[bytes]:
        """What a command that must succeed is answered."""
        answer = await self.command(text)
        assert answer.ok, (text, answer.status)
        return answer.untagged

    async def greeted(self) -> None:
        await self._wire.line()

    async def _line(self) -> bytes:
        line = await self._wire.line()
        while literal := _LITERAL.search(line):
            line += b"\r\n" + await self._wire.octets(int(literal[1])) + await self._wire.line()
        return line


def _sent(part: str | bytes) -> bytes:
    return part.encode() if isinstance(part, str) else b"{%d+}\r\n%b" % (len(part), part)


class Client(Player):
    """A player who is logged in to one mailbox, where a folder is its own."""

    listener = "imap.listen"

    def __init__(self, stage: Stage, name: str, address: str) -> None:
        super().__init__(stage, name)
        self.address = address
        self.own = f"Own-{name}"

    async def session(self, wire: Wire) -> None:
        session = Session(wire)
        await session.greeted()
        for text in (f"LOGIN {self.address} {PASSWORD}", "ENABLE CONDSTORE", f"CREATE {self.own}"):
            answer = await session.command(text)
            if not answer.status.startswith((b"OK", b"NO [ALREADYEXISTS]")):
                if self.over:
                    return
                self.refused(answer.status)
                raise Lost
        while not self.over:
            await self.act(session)

    async def act(self, session: Session) -> None:
        """One thing that it does, or few that belong together."""
        raise NotImplementedError


def named(flags: list[str]) -> frozenset[str]:
    """As REST names them."""
    return frozenset(flag[1:].lower() if flag.startswith("\\") else flag for flag in flags if flag != "\\Recent")
