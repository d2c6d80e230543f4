"""A customer of the old way: takes some of the delivered mails out of INBOX, all at its QUIT or none."""

from __future__ import annotations

from tests.live.crash.ledger import Copies, Key
from tests.live.crash.mails import is_whole, token_in
from tests.live.crash.play.lmtp import is_delivered
from tests.live.crash.play.stage import PASSWORD, Player, Stage
from tests.live.crash.play.wire import Lost, Wire

_AT_ONCE = 6


class Popper(Player):
    listener = "pop3.listen"

    def __init__(self, stage: Stage, name: str, address: str) -> None:
        super().__init__(stage, name)
        self._address = address

    async def session(self, wire: Wire) -> None:
        await wire.line()
        await self._ask(wire, f"USER {self._address}")
        await self._ask(wire, f"PASS {PASSWORD}")
        count = int((await self._ask(wire, "STAT")).split()[1])
        taken: dict[Key, Copies] = {}
        for number in self.dice.sample(range(1, count + 1), min(count, _AT_ONCE)):
            key = await self._read(wire, number)
            copies = self.ledger.copies(key)
            if is_delivered(key.token) and copies and len(copies) == 1:
                await self._ask(wire, f"DELE {number}")
                taken[key] = ()
        change = self.ledger.begin(f"QUIT after {len(taken)} DELE", taken) if taken else None
        await self._ask(wire, "QUIT")
        if change is not None:
            self.ledger.acknowledge(change)

    async def _read(self, wire: Wire, number: int) -> Key:
        await self._ask(wire, f"RETR {number}")
        octets = await wire.multiline()
        token = token_in(octets)
        assert is_whole(token, octets), f"RETR of {token}: {octets[:300]!r}"
        return Key(self._address, token)

    async def _ask(self, wire: Wire, text: str) -> bytes:
        """``Lost`` when refused: what was marked is then not deleted, unless that was the answer to QUIT."""
        wire.send(text.encode() + b"\r\n")
        answer = await wire.line()
        if not answer.startswith(b"+OK"):
            if b"[IN-USE]" not in answer:  # left by a session that was cut off
                self.refused(answer)
            raise Lost
        return answer
