"""A small client that believes only what it is told: it rebuilds the folder from untagged responses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

FETCH = re.compile(rb"\* ([0-9]+) FETCH \((.*)\)\r\n\Z", re.DOTALL)
LITERAL = re.compile(rb"\{([0-9]+)\}\r\n\Z")
VANISHED = re.compile(rb"\* VANISHED (\(EARLIER\) )?([0-9:,]+)\r\n\Z")
CODE = re.compile(rb"\[(UIDVALIDITY|HIGHESTMODSEQ) ([0-9]+)\]")
NUMBER = re.compile(rb"\* ([0-9]+) (EXISTS|EXPUNGE)\r\n\Z")
SEARCH = re.compile(rb"\* SEARCH((?: [0-9]+)*)\r\n\Z")
QUIET = ("FETCH", "STORE", "SEARCH")
"""Their answers hold no EXPUNGE (RFC 3501 section 7.4.1)."""


class Entry:
    """One message as far as it was told."""

    def __init__(self) -> None:
        self.uid: int | None = None
        self.flags: frozenset[str] | None = None


class Client:
    """One session. ``entries`` are the messages by number. ``codes``: UIDVALIDITY and HIGHESTMODSEQ as last told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tags = 0
        self.entries: list[Entry] = []
        self.codes: dict[bytes, int] = {}
        self.vanished: set[int] = set()
        """The UIDs that are told to be gone and had no number any more."""

    async def greet(self, password: str) -> None:
        await self.log_in(password)
        await self.command("SELECT INBOX")

    async def log_in(self, password: str) -> None:
        await self._line()
        await self.command(f'LOGIN ann@example.org "{password}"')

    async def command(self, text: str) -> bytes:
        """Send a command; its tagged line, after all that came before it was applied. IDLE ends as soon as it began."""
        self._tags += 1
        tag = f"t{self._tags}"
        self._writer.write(f"{tag} {text}\r\n".encode())
        while True:
            line = await self._line()
            self.codes.update((code[1], int(code[2])) for code in CODE.finditer(line))
            if line.startswith(tag.encode() + b" "):
                return line
            if line.startswith(b"+ "):
                self._writer.write(b"DONE\r\n")
            elif text.startswith("SEARCH") and (found := SEARCH.match(line)):
                assert all(1 <= int(number) <= len(self.entries) for number in found[1].split())
            else:
                self._apply(line, may_expunge=not text.startswith(QUIET))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def synchronize(self) -> None:
        """What clients do: NOOP, then ask for what is new to them."""
        assert (await self.command("NOOP")).split()[1] == b"OK"
        unknown = [number for number, entry in enumerate(self.entries, 1) if entry.uid is None or entry.flags is None]
        if unknown:
            numbers = ",".join(map(str, unknown))
            assert (await self.command(f"FETCH {numbers} (UID FLAGS)")).split()[1] == b"OK"

    def know(self, kept: Mapping[int, frozenset[str]]) -> None:
        """What a client knows that was away, once SELECT has told what vanished: its UIDs are those of the first numbers."""
        for entry, uid in zip(self.entries, sorted(kept.keys() - self.vanished), strict=False):
            assert entry.uid in (None, uid), "a number means another message than the client can know"
            entry.uid = uid
            entry.flags = kept[uid] if entry.flags is None else entry.flags

    async def _line(self) -> bytes:
        """A line with the literals in it."""
        line = await asyncio.wait_for(self._reader.readuntil(b"\r\n"), 15)
        while literal := LITERAL.search(line):
            line += await self._reader.readexactly(int(literal[1]))
            line += await self._reader.readuntil(b"\r\n")
        return line

    def _apply(self, line: bytes, *, may_expunge: bool) -> None:
        if match := NUMBER.match(line):
            number = int(match[1])
            if match[2] == b"EXISTS":
                assert number >= len(self.entries), "EXISTS never takes messages away"
                self.entries += [Entry() for _ in range(number - len(self.entries))]
            else:
                assert may_expunge, f"EXPUNGE in answer to FETCH, STORE or SEARCH: {line!r}"
                del self.entries[number - 1]
        elif match := VANISHED.match(line):
            self._vanish(match[2].decode(), earlier=bool(match[1]), may_expunge=may_expunge)
        elif match := FETCH.match(line):
            self._apply_fetch(self.entries[int(match[1]) - 1], match[2])

    def _vanish(self, uids: str, *, earlier: bool, may_expunge: bool) -> None:
        """RFC 7162 section 3.2.10: EARLIER is of messages that have no number in this session."""
        pairs = [uid.partition(":") for uid in uids.split(",")]
        gone = {uid for first, _, last in pairs for uid in range(int(first), int(last or first) + 1)}
        if earlier:
            assert not gone & {entry.uid for entry in self.entries}
            self.vanished |= gone
            return
        assert may_expunge, f"VANISHED in answer to FETCH, STORE or SEARCH: {uids}"
        known = {entry.uid for entry in self.entries}
        self.entries = [entry for entry in self.entries if entry.uid not in gone]
        for _ in gone - known:  # it has come, and its UID was not asked for yet
            self.entries.remove(next(entry for entry in self.entries if entry.uid is None))

    def _apply_fetch(self, entry: Entry, items: bytes) -> None:
        if uid := re.search(rb"UID ([0-9]+)", items):
            assert entry.uid in (None, int(uid[1])), "a number means another message than before"
            entry.uid = int(uid[1])
        if flags := re.search(rb"FLAGS \(([^)]*)\)", items):
            entry.flags = frozenset(flags[1].decode().split()) - {"\\Recent"}
