"""A mail program: APPEND, STORE, COPY, MOVE and EXPUNGE of its own mails, in folders that it shares with others and one it has
for itself (where EXPUNGE needs no UIDs)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.live.crash.ledger import Change, Copies, Copy, Key, State
from tests.live.crash.mails import octets_of
from tests.live.crash.play.stage import PASSWORD, SHARED, Player, Stage
from tests.live.crash.play.wire import Lost, Wire

_APPENDUID = re.compile(rb"\[APPENDUID [0-9]+ ([0-9]+)\]")
_COPYUID = re.compile(rb"\[COPYUID [0-9]+ ([0-9:,]+) ([0-9:,]+)\]")
_HIGHEST_MODSEQ = re.compile(rb"\[HIGHESTMODSEQ ([0-9]+)\]")
_MODSEQ = re.compile(rb"MODSEQ \(([0-9]+)\)")
_LITERAL = re.compile(rb"\{([0-9]+)\}$")
_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "Later", "$Todo")


class Answer(NamedTuple):
    """The tagged line without its tag, and the untagged ones."""

    status: bytes
    untagged: list[bytes]

    @property
    def ok(self) -> bool:
        return self.status.startswith(b"OK")


class Chosen(NamedTuple):
    """One copy of a mail, with all its copies."""

    key: Key
    copies: Copies
    copy: Copy


class Session:
    """Commands and their answers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._tags = 0

    async def command(self, text: str, literal: bytes | None = None) -> Answer:
        self._tags += 1
        tag = f"t{self._tags} ".encode()
        sent = tag + text.encode()
        self._wire.send(sent + b"\r\n" if literal is None else b"%b{%d+}\r\n%b\r\n" % (sent, len(literal), literal))
        untagged: list[bytes] = []
        while True:
            line = await self._line()
            if line.startswith(tag):
                return Answer(line.removeprefix(tag), untagged)
            if line.startswith(b"* BYE"):
                raise Lost(line)
            untagged.append(line)

    async def greeted(self) -> None:
        await self._wire.line()

    async def _line(self) -> bytes:
        line = await self._wire.line()
        while literal := _LITERAL.search(line):
            line += b"\r\n" + await self._wire.octets(int(literal[1])) + await self._wire.line()
        return line


class MailProgram(Player):
    listener = "imap.listen"

    def __init__(self, stage: Stage, name: str, address: str) -> None:
        super().__init__(stage, name)
        self._address = address
        self._own = f"Own-{name}"
        self._folders = (*SHARED, self._own)
        self._mine = [key for key in stage.ledger.settled() if key.address == address and f"/{name}." in key.token]
        self._selected = ""

    async def session(self, wire: Wire) -> None:
        session = Session(wire)
        await session.greeted()
        self._selected = ""
        answer = await session.command(f"LOGIN {self._address} {PASSWORD}")
        if answer.ok:
            answer = await session.command("ENABLE CONDSTORE")
        if answer.ok:
            answer = await session.command(f"CREATE {self._own}")
        while not self.over and answer.status.startswith((b"OK", b"NO [ALREADYEXISTS]")):
            await self._act(session)
        if not self.over:
            self.refused(answer.status)
            raise Lost

    async def _act(self, session: Session) -> None:
        if not self._selected or self.dice.random() < 0.1:
            folder = self.dice.choice(self._folders)
            answer = await session.command(f"SELECT {folder}")
            if not answer.ok:
                self.refused(answer.status)
                return
            self._selected = folder
            self._hear_modseqs(_HIGHEST_MODSEQ, answer)
        chosen = self._choose()
        if not chosen or self.dice.random() < 0.3:
            await self._append(session)
        else:
            acts = (self._store, self._store, self._copy, self._move, self._delete)
            await self.dice.choice(acts)(session, chosen)

    def _choose(self) -> list[Chosen]:
        """Up to three of its mails in the folder, of which it is certain where they are."""
        here = []
        for key in self._mine:
            copies = self.ledger.copies(key) or ()
            here += [Chosen(key, copies, copy) for copy in copies if copy.folder == self._selected]
        picked = self.dice.sample(here, min(len(here), self.dice.randint(1, 3)))
        return list({one.key: one for one in picked}.values())

    async def _append(self, session: Session) -> None:
        token, folder = self.token(), self.dice.choice(self._folders)
        flags = self._some_flags()
        key = Key(self._address, token)
        copy = Copy(folder, None, named(flags))
        change = self.ledger.begin(f"APPEND {token} to {folder}", {key: (copy,)})
        self._mine.append(key)
        answer = await session.command(f"APPEND {folder} ({' '.join(flags)}) ", octets_of(token))
        told = _APPENDUID.search(answer.status)
        if answer.ok and told:
            self.ledger.acknowledge(change, {key: (Copy(folder, int(told[1]), copy.flags),)})
        else:
            self.refused(answer.status)

    async def _store(self, session: Session, chosen: list[Chosen]) -> None:
        flags, sign = self._some_flags() or ["\\Seen"], self.dice.choice("+-")

        def stored(copy: Copy) -> Copy:
            new = copy.flags | named(flags) if sign == "+" else copy.flags - named(flags)
            return Copy(copy.folder, copy.uid, new)

        change = self.ledger.begin(f"STORE {sign}{flags}", changed(chosen, stored))
        answer = await session.command(f"UID STORE {uids(chosen)} {sign}FLAGS ({' '.join(flags)})")
        self._hear_modseqs(_MODSEQ, answer)
        self._note(change, answer)

    async def _copy(self, session: Session, chosen: list[Chosen]) -> None:
        target = self._other_folder()
        after = {one.key: (*one.copies, Copy(target, None, one.copy.flags)) for one in chosen}
        change = self.ledger.begin(f"COPY from {self._selected} to {target}", after)
        answer = await session.command(f"UID COPY {uids(chosen)} {target}")
        self._note(change, answer, answer.status, chosen)

    async def _move(self, session: Session, chosen: list[Chosen]) -> None:
        target = self._other_folder()
        after = changed(chosen, lambda copy: Copy(target, None, copy.flags))
        change = self.ledger.begin(f"MOVE from {self._selected} to {target}", after)
        answer = await session.command(f"UID MOVE {uids(chosen)} {target}")
        self._note(change, answer, b"".join(answer.untagged), chosen)

    async def _delete(self, session: Session, chosen: list[Chosen]) -> None:
        def deleted(copy: Copy) -> Copy:
            return Copy(copy.folder, copy.uid, copy.flags | {"deleted"})

        change = self.ledger.begin("STORE +Deleted", changed(chosen, deleted))
        answer = await session.command(f"UID STORE {uids(chosen)} +FLAGS.SILENT (\\Deleted)")
        self._note(change, answer)
        if answer.ok:
            await self._expunge(session, chosen)

    async def _expunge(self, session: Session, chosen: list[Chosen]) -> None:
        """Where no other session has mail, all that is marked goes, also what an earlier round left marked."""
        if self._selected == self._own and not self._doubtful():
            after, text = self._without_marked(), "EXPUNGE"
        else:
            after, text = changed(chosen, lambda copy: None), f"UID EXPUNGE {uids(chosen)}"
        change = self.ledger.begin(f"EXPUNGE in {self._selected}", after)
        self._note(change, await session.command(text))

    def _without_marked(self) -> dict[Key, Copies]:
        states = {key: self.ledger.copies(key) or () for key in self._mine}
        left = {
            key: tuple(copy for copy in copies if copy.folder != self._own or "deleted" not in copy.flags)
            for key, copies in states.items()
        }
        return {key: copies for key, copies in left.items() if copies != states[key]}

    def _doubtful(self) -> bool:
        """Whether a change was cut off that may have left \\Deleted where EXPUNGE would find it."""
        return any(self.ledger.copies(key) is None for key in self._mine)

    def _note(self, change: Change, answer: Answer, told: bytes = b"", chosen: list[Chosen] | None = None) -> None:
        """Acknowledged, with the new UIDs where COPYUID told them."""
        if not answer.ok:
            self.refused(answer.status)
        elif chosen is None:
            self.ledger.acknowledge(change)
        else:
            self.ledger.acknowledge(change, with_new_uids(change.after, told, chosen))

    def _hear_modseqs(self, pattern: re.Pattern[bytes], answer: Answer) -> None:
        for found in pattern.finditer(b"\n".join(answer.untagged)):
            self.ledger.hear_modseq(self._address, self._selected, int(found[1]))

    def _some_flags(self) -> list[str]:
        return self.dice.sample(_FLAGS, self.dice.randint(0, 2))

    def _other_folder(self) -> str:
        return self.dice.choice([folder for folder in self._folders if folder != self._selected])


def named(flags: list[str]) -> frozenset[str]:
    """As REST names them."""
    return frozenset(flag[1:].lower() if flag.startswith("\\") else flag for flag in flags if flag != "\\Recent")


def uids(chosen: list[Chosen]) -> str:
    return ",".join(str(one.copy.uid) for one in chosen)


def changed(chosen: list[Chosen], change: Callable[[Copy], Copy | None]) -> dict[Key, Copies]:
    """All copies of the mails, the chosen ones changed; None takes them away."""
    after = {}
    for one in chosen:
        others = tuple(copy for copy in one.copies if copy != one.copy)
        new = change(one.copy)
        after[one.key] = others if new is None else (*others, new)
    return after


def with_new_uids(after: State, told: bytes, chosen: list[Chosen]) -> State:
    """RFC 4315 section 3: the two sets of COPYUID correspond, number by number."""
    found = _COPYUID.search(told)
    assert found is not None, told
    new = dict(zip(_numbers(found[1]), _numbers(found[2]), strict=True))
    state = dict(after)
    for one in chosen:
        assert one.copy.uid is not None
        uid = new[one.copy.uid]
        state[one.key] = tuple(
            Copy(copy.folder, uid, copy.flags) if copy.uid is None else copy for copy in state[one.key]
        )
    return state


def _numbers(uid_set: bytes) -> list[int]:
    numbers: list[int] = []
    for part in uid_set.decode().split(","):
        first, _, last = part.partition(":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
