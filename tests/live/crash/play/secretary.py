"""Who keeps a mailbox in order: says things about folders (SETMETADATA) and who may use one of them (SETACL)."""

from __future__ import annotations

from skrytka.rights import LETTERS
from tests.live.crash.ledger import Change, Key
from tests.live.crash.play.imap_session import Answer, Client, Session
from tests.live.crash.play.stage import SHARED
from tests.live.crash.values import entry, grant, holding


class Secretary(Client):
    async def act(self, session: Session) -> None:
        await self.dice.choice((self._set_metadata, self._set_acl))(session)

    async def _set_metadata(self, session: Session) -> None:
        """Two entries, which no other player has: both, or none. Now and then they go away again."""
        folder = self.dice.choice(("", *SHARED, self.own))
        names = [f"/{scope}/vendor/crash/{self.name}" for scope in ("private", "shared")]
        keys = [entry(self.address, folder, name) for name in names]
        if await self._are_doubtful(session, keys):
            return
        text = f"{self.stage.seed} {next(self._numbers)}" if self.dice.random() < 0.8 else None
        change = self.ledger.begin(
            f"SETMETADATA {folder!r} {text}", {key: () if text is None else holding([text]) for key in keys}
        )
        value = "NIL" if text is None else f'"{text}"'
        pairs = " ".join(f"{name} {value}" for name in names)
        self._note(change, await session.command(f'SETMETADATA "{folder}" ({pairs})'))

    async def _set_acl(self, session: Session) -> None:
        """Of its own folder, which no other player uses: theirs stay as they need them."""
        others = [each for each in (*self.stage.addresses, self.stage.full) if each != self.address]
        identifier = self.dice.choice([*others, "anyone"])
        key = grant(self.address, self.own, identifier)
        if await self._are_doubtful(session, [key]):
            return
        given = frozenset(self.dice.sample(LETTERS, self.dice.randint(0, 5)))
        before = frozenset[str]().union(*(copy.flags for copy in self.ledger.copies(key) or ()))
        sign, after = self.dice.choice((("", given), ("+", before | given), ("-", before - given)))
        change = self.ledger.begin(f"SETACL {self.own} {identifier} {sign}{sorted(given)}", {key: holding(after)})
        letters = "".join(sorted(given))
        self._note(change, await session.command(f'SETACL {self.own} {identifier} "{sign}{letters}"'))

    async def _are_doubtful(self, session: Session, keys: list[Key]) -> bool:
        if all(self.ledger.copies(key) is not None for key in keys):
            return False
        await session.command("NOOP")  # there may be nothing else to do for long
        return True

    def _note(self, change: Change, answer: Answer) -> None:
        if answer.ok:
            self.ledger.acknowledge(change)
        else:
            self.refused(answer.status)
