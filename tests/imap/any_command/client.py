"""A client that says any one command and sees it through to its tagged line, and the promises that every answer keeps."""

from __future__ import annotations

import asyncio
import re

from skrytka_imap import utf7
from skrytka_imap.session import Session
from tests.imap.any_command.world import GONE, NAME

TIMEOUT_S = 15.0
MOST_LINES = 5_000

_LITERAL = re.compile(rb"~?\{([0-9]+)\}\r\n\Z")
_TAGGED = re.compile(rb"t[0-9]+ (OK|NO|BAD) (?:\[[A-Z0-9-]+(?: [^]]+)?\] )?[^\r\n\[][^\r\n]*\r\n\Z")
_BYE = re.compile(
    rb"\* BYE (Goodbye|The selected folder was (deleted|replaced)|You may no longer read|The selected folder is no)"
)
_FOR_PEOPLE = re.compile(rb"(t[0-9]+|\*) (OK|NO|BAD|BYE) |\+ ")
_NUMBERED = re.compile(rb"\* [0-9]+ (FETCH|EXPUNGE)\b")
_UIDS = re.compile(
    rb'\* (?:(?:SEARCH|SORT|THREAD)|([0-9]+) UIDFETCH|VANISHED|ESEARCH \(TAG "[^"]*"\) UID)\b(?! \(EARLIER)(.*)\r\n\Z'
)
_NO_UIDS = re.compile(rb"(?:MODSEQ|COUNT|RELEVANCY|PARTIAL|ADDTO|REMOVEFROM) (?:\([^)]*\)|[0-9]+)")
UTF7_NAME = utf7.encode(NAME)


class Answer:
    """What one command was answered. ``lines`` are all lines with their literals, ``status`` the word of the last one."""

    def __init__(self, lines: list[bytes], *, closed: bool) -> None:
        self.lines = lines
        self.closed = closed
        tagged = [line for line in lines if not line.startswith((b"* ", b"+ "))]
        assert len(tagged) == 1, f"{len(tagged)} tagged lines: {lines}"
        match = _TAGGED.match(tagged[0])
        assert match, f"not a tagged line: {tagged[0]!r}"
        self.status = match[1].decode()
        self.tagged = tagged[0]


class Client:
    """One connection. ``ended`` when nothing more can be said on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tags = 0
        self.ended = False

    async def greet(self) -> None:
        assert (await self._line()).startswith(b"* OK [CAPABILITY ")

    async def command(self, text: bytes, *, done: bytes = b"DONE") -> Answer:
        """Say it; ``done`` is what follows a request for more."""
        self._tags += 1
        tag = b"t%d" % self._tags
        self._writer.write(tag + b" " + text + b"\r\n")
        lines: list[bytes] = []
        while not lines or not lines[-1].startswith(tag + b" "):
            line = await self._line()
            assert line, f"the connection closes without an answer, after {lines}"
            assert len(lines) < MOST_LINES, f"no end to the answer: {lines[-3:]}"
            lines.append(line)
            if line.startswith(b"+ "):
                self._writer.write(done + b"\r\n")
        word = text[:9].upper()
        said_bye = any(line.startswith(b"* BYE") for line in lines)
        if said_bye or (b" OK " in lines[-1] and word.startswith((b"LOGOUT", b"STARTTLS", b"COMPRESS"))):
            self.ended = True
        return Answer(lines, closed=said_bye)

    async def close(self) -> list[bytes]:
        """What still comes once the client has said all."""
        self._writer.write_eof()
        rest = await asyncio.wait_for(self._reader.read(), TIMEOUT_S)
        self._writer.close()
        await self._writer.wait_closed()
        return rest.splitlines(keepends=True)

    async def _line(self) -> bytes:
        """A line with the literals in it; nothing at the end."""
        try:
            line = await asyncio.wait_for(self._reader.readuntil(b"\r\n"), TIMEOUT_S)
            while literal := _LITERAL.search(line):
                line += await self._reader.readexactly(int(literal[1]))
                line += await asyncio.wait_for(self._reader.readuntil(b"\r\n"), TIMEOUT_S)
        except asyncio.IncompleteReadError as end:
            line = end.partial
        assert line.endswith(b"\r\n") or not line, f"the connection closes within a line: {line!r}"
        return line


def judge(session: Session, answer: Answer, text: bytes, language: str) -> None:
    """What holds whatever was said. ``session`` is as it is afterwards, ``language`` the one of before: LANGUAGE changes it,
    and STARTTLS and UNAUTHENTICATE end it. Texts are ASCII in i-default alone."""
    languages = {language, session.language}
    for line in answer.lines:
        assert b"SERVERBUG" not in line, answer.lines
        if languages <= {"i-default", "en"} and line.startswith(b"* BYE"):
            assert _BYE.match(line), f"an end that nobody asked for: {line!r}"
        bare = _without_literals(line)
        assert _balanced(bare), f"not balanced: {line!r}"
        if session.utf8 or (_FOR_PEOPLE.match(bare) and languages != {"i-default"}):
            bare.decode()
        else:
            assert session.rev2 or bare.isascii(), f"not ASCII: {line!r}"
        if session.uid_only:
            _judge_uid_only(session, line, bare)
        if session.rev2:
            assert not re.match(rb"\* ([0-9]+ RECENT|SEARCH)\b", line), f"not of IMAP4rev2: {line!r}"
            assert not line.startswith(b"* ") or b"\\Recent" not in bare, f"not of IMAP4rev2: {line!r}"
        if session.utf8_names:
            assert UTF7_NAME not in bare or UTF7_NAME in text, f"modified UTF-7: {line!r}"


def _judge_uid_only(session: Session, line: bytes, bare: bytes) -> None:
    assert not _NUMBERED.match(bare), f"a number after UIDONLY: {line!r}"
    if not session.is_selected or session.selected.view.uid_next <= GONE:
        return
    if match := _UIDS.match(bare):
        told = [match[1]] if match[1] else re.findall(rb"[0-9]+", _NO_UIDS.sub(b"", match[2]))
        assert all(int(uid) > GONE for uid in told), f"a number after UIDONLY: {line!r}"


def _without_literals(line: bytes) -> bytes:
    kept, rest = b"", line
    while match := re.search(rb"\{([0-9]+)\}\r\n", rest):
        kept, rest = kept + rest[: match.start()] + b'""', rest[match.end() + int(match[1]) :]
    return kept + rest


def _balanced(bare: bytes) -> bool:
    """Parentheses outside of quoted strings; the text for people at the end of a status line may have any."""
    if _FOR_PEOPLE.match(bare):
        return True
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", bare, flags=re.DOTALL)
    return b'"' not in bare and bare.count(b"(") == bare.count(b")")
