"""A mail program: APPEND, STORE, COPY, MOVE, REPLACE and EXPUNGE of its own mails, in folders that it shares with others, also in
another's mailbox, and one that it has for itself (where EXPUNGE needs no UIDs)."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.live.crash.ledger import Change, Copies, Copy, Key, State
from tests.live.crash.mails import octets_of
from tests.live.crash.play.choosing import (
    Chosen,
    Place,
    changed,
    copied,
    moved,
    on_the_way,
    uids,
    with_append_uids,
    with_new_uids,
)
from tests.live.crash.play.imap_session import Answer, Client, Session, named
from tests.live.crash.play.stage import SHARED, Stage
from tests.live.crash.play.wire import Wire

_HIGHEST_MODSEQ = re.compile(rb"\[HIGHESTMODSEQ ([0-9]+)\]")
_MODSEQ = re.compile(rb"MODSEQ \(([0-9]+)\)")
_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "Later", "$Todo")

Transferred = Callable[[list[Chosen], Place, State], State]
"""What there is afterwards of these mails, which go to that place, where there was so much of them."""


class MailProgram(Client):
    def __init__(self, stage: Stage, name: str, address: str) -> None:
        super().__init__(stage, name, address)
        self._own = Place(address, self.own)
        self._places = [*(Place(each, folder) for each in stage.addresses for folder in SHARED), self._own]
        self._mine = [key for key in stage.ledger.settled() if f"/{name}." in key.token]
        self._selected: Place | None = None

    async def session(self, wire: Wire) -> None:
        self._selected = None
        await super().session(wire)

    async def act(self, session: Session) -> None:
        if self._selected is None or self.dice.random() < 0.1:
            place = self.dice.choice(self._places)
            answer = await session.command(f"SELECT {place.name(self.address)}")
            if not answer.ok:
                self.refused(answer.status)
                return
            self._selected = place
            self._hear_modseqs(place, _HIGHEST_MODSEQ, answer)
        chosen = self._choose(self._selected)
        if not chosen or self.dice.random() < 0.3:
            await self._append(session)
        else:
            acts = (self._store, self._store, self._copy, self._move, self._replace, self._delete)
            await self.dice.choice(acts)(session, self._selected, chosen)

    def _choose(self, place: Place) -> list[Chosen]:
        """Up to three of its mails in the folder, of which it is certain where they are; by UID."""
        here = []
        for key in self._mine:
            if key.address == place.address:
                copies = self.ledger.copies(key) or ()
                here += [Chosen(key, copies, copy) for copy in copies if copy.folder == place.folder]
        picked = self.dice.sample(here, min(len(here), self.dice.randint(1, 3)))
        return sorted({one.key: one for one in picked}.values(), key=lambda one: one.copy.uid or 0)

    async def _append(self, session: Session) -> None:
        """One mail, or several at once: all or none (RFC 3502)."""
        place = self.dice.choice(self._places)
        new, parts = [], list[str | bytes]()
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            flags, key = self._some_flags(), Key(place.address, self.token())
            new.append((key, Copy(place.folder, None, named(flags))))
            parts += [f" ({' '.join(flags)}) ", octets_of(key.token)]
        change = self.ledger.begin(f"APPEND to {place}", {key: (copy,) for key, copy in new})
        self._mine += (key for key, _ in new)
        answer = await session.command(f"APPEND {place.name(self.address)}", *parts)
        if answer.ok:
            self.ledger.acknowledge(change, with_append_uids(new, answer.status))
        else:
            self.refused(answer.status)

    async def _store(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        flags, sign = self._some_flags() or ["\\Seen"], self.dice.choice("+-")

        def stored(copy: Copy) -> Copy:
            new = copy.flags | named(flags) if sign == "+" else copy.flags - named(flags)
            return Copy(copy.folder, copy.uid, new)

        change = self.ledger.begin(f"STORE {sign}{flags}", changed(chosen, stored))
        answer = await session.command(f"UID STORE {uids(chosen)} {sign}FLAGS ({' '.join(flags)})")
        self._hear_modseqs(place, _MODSEQ, answer)
        self._note(change, answer)

    async def _copy(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        """In one mailbox at one stroke, into another's some at a time."""
        await self._transfer(session, "COPY", copied, place, chosen)

    async def _move(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        """Into another's mailbox all are copied before one is gone."""
        await self._transfer(session, "MOVE", moved, place, chosen)

    async def _transfer(
        self, session: Session, command: str, done: Transferred, place: Place, chosen: list[Chosen]
    ) -> None:
        target = self._other_place(place)
        chosen, there = self._certain(chosen, target)
        if not chosen:
            return
        after = done(chosen, target, there)
        change = self.ledger.begin(f"{command} from {place} to {target}", after, on_the_way(chosen, target, there))
        answer = await session.command(f"UID {command} {uids(chosen)} {target.name(self.address)}")
        told = b"".join([*answer.untagged, answer.status])  # MOVE has COPYUID in an untagged OK
        self._note(change, answer, lambda: with_new_uids(after, told, chosen, target))

    def _certain(self, chosen: list[Chosen], target: Place) -> tuple[list[Chosen], State]:
        """Those of the mails of which it is certain what the target's mailbox has of them, with that."""
        there = {one.key: self.ledger.copies(Key(target.address, one.key.token)) for one in chosen}
        known = {Key(target.address, key.token): copies for key, copies in there.items() if copies is not None}
        return [one for one in chosen if there[one.key] is not None], known

    async def _replace(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        """RFC 8508: never none of the two. Both only where the new one goes to another's mailbox."""
        target, flags = self.dice.choice(self._places), self._some_flags()
        key = Key(target.address, self.token())
        new = (key, Copy(target.folder, None, named(flags)))
        gone = changed(chosen[:1], lambda copy: None)
        between = [{key: (new[1],)}] if target.address != place.address else []
        change = self.ledger.begin(f"REPLACE in {place} by {key}", {**gone, key: (new[1],)}, between)
        self._mine.append(key)
        head = f"UID REPLACE {uids(chosen[:1])} {target.name(self.address)} ({' '.join(flags)}) "
        answer = await session.command(head, octets_of(key.token))
        self._note(change, answer, lambda: {**gone, **with_append_uids([new], b"".join(answer.untagged))})

    async def _delete(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        def deleted(copy: Copy) -> Copy:
            return Copy(copy.folder, copy.uid, copy.flags | {"deleted"})

        change = self.ledger.begin("STORE +Deleted", changed(chosen, deleted))
        answer = await session.command(f"UID STORE {uids(chosen)} +FLAGS.SILENT (\\Deleted)")
        self._note(change, answer)
        if answer.ok:
            await self._expunge(session, place, chosen)

    async def _expunge(self, session: Session, place: Place, chosen: list[Chosen]) -> None:
        """Where no other session has mail, all that is marked goes, also what an earlier round left marked."""
        if place == self._own and not self._doubtful():
            after, text = self._without_marked(), "EXPUNGE"
        else:
            after, text = changed(chosen, lambda copy: None), f"UID EXPUNGE {uids(chosen)}"
        change = self.ledger.begin(f"EXPUNGE in {place}", after)
        self._note(change, await session.command(text))

    def _without_marked(self) -> dict[Key, Copies]:
        states = {key: self.ledger.copies(key) or () for key in self._mine}
        left = {
            key: tuple(copy for copy in copies if copy.folder != self.own or "deleted" not in copy.flags)
            for key, copies in states.items()
        }
        return {key: copies for key, copies in left.items() if copies != states[key]}

    def _doubtful(self) -> bool:
        """Whether a change was cut off that may have left \\Deleted where EXPUNGE would find it."""
        return any(self.ledger.copies(key) is None for key in self._mine)

    def _note(self, change: Change, answer: Answer, told: Callable[[], State] | None = None) -> None:
        """Acknowledged, with the new UIDs where the answer told them."""
        if answer.ok:
            self.ledger.acknowledge(change, told() if told else None)
        else:
            self.refused(answer.status)

    def _hear_modseqs(self, place: Place, pattern: re.Pattern[bytes], answer: Answer) -> None:
        for found in pattern.finditer(b"\n".join(answer.untagged)):
            self.ledger.hear_modseq(*place, int(found[1]))

    def _some_flags(self) -> list[str]:
        return self.dice.sample(_FLAGS, self.dice.randint(0, 2))

    def _other_place(self, place: Place) -> Place:
        return self.dice.choice([each for each in self._places if each != place])
