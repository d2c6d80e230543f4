"""A session that believes only what it is told, and guesses only what RFC 3501 lets it guess: the effect of its own .SILENT."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from tests.imap.client import FETCH as FETCH_LINE
from tests.imap.client import Client, Entry

MODIFIED = re.compile(rb"\[MODIFIED ([0-9,:]+)\]")
FOUND = re.compile(rb"\* (?:SEARCH|SORT|THREAD)((?: ?[0-9()]+)*)\r\n\Z")
NUMBER_FOUND = re.compile(rb"[0-9]+")
UID_ITEM = re.compile(rb"\bUID [0-9]+")
MODSEQ_ITEM = re.compile(rb"\bMODSEQ \(([0-9]+)\)")
QUIET = ("FETCH ", "STORE ", "SEARCH ", "SORT ", "THREAD ")
"""No EXPUNGE is told in their answers (RFC 3501 section 7.4.1, RFC 5256 section 3); their UID forms may tell it."""


class Told(Client):
    """One session on a folder, or on none while ``folder`` is empty."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.folder = ""
        self.read_only = False
        self.condstore = False
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
            if found := FOUND.match(line):
                self.found = [int(number) for number in NUMBER_FOUND.findall(found[1])]
            else:
                self._apply(line, may_expunge=not self._doing.startswith(QUIET))
                if fetched := FETCH_LINE.match(line):
                    self.answered.add(int(fetched[1]))

    def _apply_fetch(self, entry: Entry, items: bytes) -> None:
        before = entry.flags
        super()._apply_fetch(entry, items)
        if self._doing.startswith("UID "):
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
    return words


def numbers_of(text: bytes) -> list[int]:
    """The numbers of a set without ``*``."""
    numbers: list[int] = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
