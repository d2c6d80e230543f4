"""An MTA: one mail after the other, to one mailbox or several, now and then also to one that is full."""

from __future__ import annotations

from tests.live.crash.ledger import Change, Copy, Key
from tests.live.crash.mails import octets_of
from tests.live.crash.play.stage import Player
from tests.live.crash.play.wire import Wire

OWNER = "lmtp"
"""Its mails are POP3's to take, once they are there."""


class Mta(Player):
    listener = "lmtp.listen"

    async def session(self, wire: Wire) -> None:
        await self._reply(wire)
        wire.send(b"LHLO mta.example.net\r\n")
        await self._reply(wire)
        while not self.over:
            await self._deliver(wire, self._recipients(), self.token())
        wire.send(b"QUIT\r\n")
        await self._reply(wire)

    def _recipients(self) -> list[str]:
        chosen = self.dice.sample(self.stage.addresses, self.dice.choice((1, 1, 1, 2)))
        return [*chosen, self.stage.full] if self.dice.random() < 0.15 else chosen

    async def _deliver(self, wire: Wire, recipients: list[str], token: str) -> None:
        wire.send(b"RSET\r\nMAIL FROM:<bob@example.net>\r\n")
        wire.send(b"".join(f"RCPT TO:<{recipient}>\r\n".encode() for recipient in recipients))
        await self._reply(wire)
        replies = [await self._reply(wire) for _ in range(1 + len(recipients))]
        if not all(reply.startswith(b"250") for reply in replies):
            self.refused(b" / ".join(replies))
            return
        wire.send(b"DATA\r\n")
        answer = await self._reply(wire)
        if not answer.startswith(b"354"):
            self.refused(answer)
            return
        changes = [self._begin(recipient, token) for recipient in recipients]
        wire.send(octets_of(token) + b".\r\n")
        for change, recipient in zip(changes, recipients, strict=True):
            self._note(change, recipient, await self._reply(wire))

    def _begin(self, recipient: str, token: str) -> Change:
        return self.ledger.begin(f"LMTP {token} to {recipient}", {Key(recipient, token): (Copy("INBOX"),)})

    def _note(self, change: Change, recipient: str, answer: bytes) -> None:
        if answer.startswith(b"250"):
            self.ledger.acknowledge(change)
        elif answer.startswith(b"452 4.2.2") and recipient == self.stage.full:
            self.ledger.refuse(change)
        else:
            self.refused(answer)

    async def _reply(self, wire: Wire) -> bytes:
        while (line := await wire.line())[3:4] == b"-":
            pass
        return line


def is_delivered(token: str) -> bool:
    """Whether an MTA made it."""
    return f"/{OWNER}" in token
