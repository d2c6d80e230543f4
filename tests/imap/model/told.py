"""A session that believes only what it is told, and guesses only what RFC 3501 lets it guess: the effect of its own .SILENT."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

import msgspec

from tests.imap.client import FETCH as FETCH_LINE
from tests.imap.client import Client, Entry

UIDFETCH = re.compile(rb"\* ([0-9]+) UIDFETCH \((.*)\)\r\n\Z", re.DOTALL)
NUMBERED = re.compile(rb"\* [0-9]+ (?:FETCH|EXPUNGE)")
MODIFIED = re.compile(rb"\[MODIFIED ([0-9,:]+)\]")
FOUND = re.compile(rb"\* (?:SEARCH|SORT|THREAD)((?: ?[0-9()]+)*)\r\n\Z")
NUMBER_FOUND = re.compile(rb"[0-9]+")
UID_ITEM = re.compile(rb"\bUID [0-9]+")
MODSEQ_ITEM = re.compile(rb"\bMODSEQ \(([0-9]+)\)")
ESEARCH = re.compile(rb'\* ESEARCH \(TAG "[^"]*"\)(?: UID)?(?: ALL ([0-9:,]+))?(?: MODSEQ [0-9]+)?\r\n\Z')
FORGOTTEN = re.compile(rb"\* (SEARCH|[0-9]+ RECENT|OK \[UNSEEN)|.*\\Recent")
QUIET = ("FETCH ", "STORE ", "SEARCH ", "SORT ", "THREAD ")
"""No EXPUNGE is told in their answers (RFC 3501 section 7.4.1, RFC 5256 section 3); their UID forms may tell it."""


class Kind(msgspec.Struct, frozen=True):
    """What a session asks for once it has logged in: no numbers either way (RFC 9586), to be told at any time (RFC 5465),
    IMAP4rev2 (RFC 9051)."""

    uid_only: bool = False
    notified: bool = False
    rev2: bool = False


class Told(Client):
    """One session on a folder, or on none while ``folder`` is empty."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: Kind) -> None:
        """``entries`` of a session without numbers are in the order of their UIDs, those not known yet at the end."""
        super().__init__(reader, writer)
        self.kind = kind
        self.folder = ""
        self.read_only = False
        self.condstore = False
        self.uid_only = False
        self.notified = False
        self.idling = ""
        self.found: list[int] = []
        self.answered: set[int] = set()
        self.modseqs: dict[int, int] = {}
        """By UID, as far as they were told."""
        self._guesses: dict[int, frozenset[str]] = {}
        self._doing = ""

    async def log_in(self, password: str) -> None:
        await self._line()
        await self.ask(f'LOGIN ann@example.org "{password}"')

    async def begin(self) -> None:
        """Ask for what makes it of its kind."""
        if self.kind.rev2:
            assert b" OK " in await self.ask("ENABLE IMAP4rev2")
        if self.kind.uid_only:
            await self._use_uids_only()
        if self.kind.notified:
            await self._notify()

    async def _use_uids_only(self) -> None:
        assert b" OK " in await self.ask("ENABLE UIDONLY")
        self.uid_only = True

    async def _notify(self) -> None:
        """From now on it is told at any time, but of EXPUNGE only where no number changes its meaning by that."""
        of = "selected" if self.uid_only else "selected-delayed"
        events = "MessageNew (UID FLAGS MODSEQ) MessageExpunge FlagChange"
        assert b" OK " in await self.ask(f"NOTIFY SET ({of} ({events})) (personal (MessageNew MessageExpunge))")
        self.notified = True

    async def select(self, folder: str, *, read_only: bool) -> None:
        """SELECT or EXAMINE; from its first answer on, numbers are those of the new folder."""
        self.folder, self.entries, self.modseqs = "", [], {}
        answer = await self.ask(f"{'EXAMINE' if read_only else 'SELECT'} {folder}")
        assert b" OK " in answer, answer
        self.folder, self.read_only = folder, read_only

    async def leave(self, command: str) -> None:
        """CLOSE or UNSELECT."""
        assert b" OK " in await self.ask(command)
        self.folder, self.entries, self.modseqs = "", [], {}

    async def ask(self, text: str) -> bytes:
        """Send a command; its tagged line, after all that came before it was applied."""
        self.condstore |= "UNCHANGEDSINCE" in text or "MODSEQ" in text or "ENABLE CONDSTORE" in text
        self._doing, self.answered = text, set()
        return await self._until(await self._send(text))

    async def begin_idle(self) -> None:
        self._doing = "IDLE"
        self.idling = await self._send("IDLE")
        await self._until("+")

    async def end_idle(self) -> None:
        tag, self.idling = self.idling, ""
        self._writer.write(b"DONE\r\n")
        assert b" OK " in await self._until(tag)

    async def store(self, numbers: Iterable[int], text: str, mode: str, words: frozenset[str]) -> bytes:
        """A STORE, of which ``.SILENT`` leaves it to the client to know the flags of the messages ``numbers`` afterwards."""
        self._guesses = {}
        if mode.endswith(".SILENT"):
            for entry in (self.entries[number - 1] for number in numbers):
                if entry.uid is not None and entry.flags is not None:
                    self._guesses[entry.uid] = entry.flags
                    entry.flags = changed(entry.flags, mode, words)
        answer = await self.ask(text)
        if not self.read_only and (modified := MODIFIED.search(answer)):
            names = numbers_of(modified[1])
            uids = names if text.startswith("UID ") else [self.entries[name - 1].uid or 0 for name in names]
            self._take_back(uids)
        elif self.read_only:
            self._take_back(list(self._guesses))
        return answer

    def knows(self, entry: Entry) -> bool:
        """Whether all that a client wants to know of a message was told."""
        if entry.uid is None or entry.flags is None:
            return False
        return not self.condstore or entry.uid in self.modseqs

    def _take_back(self, uids: list[int]) -> None:
        for entry in self.entries:
            if entry.uid in uids and entry.uid in self._guesses:
                entry.flags = self._guesses[entry.uid]

    async def _send(self, text: str) -> str:
        self._tags += 1
        self._writer.write(f"t{self._tags} {text}\r\n".encode())
        return f"t{self._tags}"

    async def _until(self, tag: str) -> bytes:
        while True:
            line = await self._line()
            if line.startswith(tag.encode() + b" "):
                return line
            if b"[CLOSED]" in line:  # what was told before is of the other folder
                self.entries, self.modseqs = [], {}
            if self.kind.rev2:
                assert not FORGOTTEN.match(line), f"IMAP4rev2 knows no such answer: {line!r}"
            if found := FOUND.match(line):
                self.found = [int(number) for number in NUMBER_FOUND.findall(found[1])]
            elif found := ESEARCH.match(line):
                self.found = numbers_of(found[1]) if found[1] else []
            else:
                self._apply(line, may_expunge=not self._doing.startswith(QUIET))
                if fetched := FETCH_LINE.match(line) or UIDFETCH.match(line):
                    self.answered.add(int(fetched[1]))

    def _apply(self, line: bytes, *, may_expunge: bool) -> None:
        if not self.uid_only:
            super()._apply(line, may_expunge=may_expunge)
            return
        assert not NUMBERED.match(line), f"a number after ENABLE UIDONLY: {line!r}"
        if match := UIDFETCH.match(line):
            uid = int(match[1])
            entry = next((entry for entry in self.entries if entry.uid in (uid, None)), None)
            assert entry is not None, f"UID {uid} is not among the messages that were told"
            entry.uid = uid
            self._apply_fetch(entry, match[2])
            self.entries.sort(key=lambda entry: (entry.uid is None, entry.uid or 0))
        else:
            super()._apply(line, may_expunge=may_expunge)

    def _apply_fetch(self, entry: Entry, items: bytes) -> None:
        before = entry.flags
        super()._apply_fetch(entry, items)
        if self._doing.startswith("UID ") and not self.uid_only:
            assert UID_ITEM.search(items), f"an answer to a UID command has no UID (RFC 3501 section 6.4.8): {items!r}"
        if entry.uid is not None and entry.flags is not before:
            self._guesses.pop(entry.uid, None)
        if entry.uid is not None and (modseq := MODSEQ_ITEM.search(items)):
            assert int(modseq[1]) >= self.modseqs.get(entry.uid, 0), "a modseq goes back"
            self.modseqs[entry.uid] = int(modseq[1])


def changed(flags: frozenset[str], mode: str, words: frozenset[str]) -> frozenset[str]:
    """What STORE makes of the flags of a message; keywords are the same in any case of letters."""
    named = {word.lower() for word in words}
    if mode.startswith("-"):
        return frozenset(word for word in flags if word.lower() not in named)
    if mode.startswith("+"):
        known = {word.lower() for word in flags}
        return flags | {word for word in words if word.lower() not in known}
    spelt = {word.lower(): word for word in flags}
    return frozenset(spelt.get(word.lower(), word) for word in words)


def numbers_of(text: bytes) -> list[int]:
    """The numbers of a set without ``*``."""
    numbers: list[int] = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
