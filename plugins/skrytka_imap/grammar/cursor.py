"""A place in a framed command, and the tokens that can be read there."""

from __future__ import annotations

import re
from typing import TypeVar

from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import TAG

T = TypeVar("T")

ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
ASTRING = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\]+")
LIST_MAILBOX = re.compile(rb"[^\x00-\x20\x7f-\xff(){\"\\]+")
QUOTED = re.compile(rb"\"([^\"\\\r\n\x00]*(?:\\[\"\\][^\"\\\r\n\x00]*)*)\"")
ESCAPED = re.compile(rb"\\(.)")
NAME = re.compile(rb"[A-Za-z0-9.\-]+")
NUMBER = re.compile(rb"[0-9]{1,20}")
NIL = re.compile(rb"NIL(?=[ )]|$)", re.IGNORECASE)
SPACES = re.compile(rb" *")

LARGEST_NUMBER = 2**32 - 1
LARGEST_NUMBER64 = 2**63 - 1
LARGEST_MODSEQ = LARGEST_NUMBER64


class Cursor:
    """Reads tokens from the left. Each method either moves past what it read, or raises, or says that it is not there.

    ``utf8``: folder names are in UTF-8 (RFC 6855 section 3), not in modified UTF-7.
    """

    def __init__(self, pieces: tuple[bytes, ...], *, utf8: bool = False) -> None:
        self.utf8 = utf8
        self.tag: bytes | None = None
        self._pieces = pieces
        self._piece = 0
        self._text = pieces[0]
        self._at = 0

    def fault(self, message: str, code: bytes | None = None) -> SyntaxFault:
        """What to raise: ``raise cursor.fault(...)``."""
        return SyntaxFault(message, self.tag, code)

    def read_tag(self) -> bytes:
        """tag = 1*<any ASTRING-CHAR except "+">, and the space after it."""
        match = self.take(TAG)
        if match is None:
            raise self.fault("A command begins with a tag")
        self.tag = match[1]
        self.space()
        return match[1]

    def take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Read what the pattern matches here."""
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def skip(self, octets: bytes) -> bool:
        """Read exactly these octets, if they come next."""
        if not self._text.startswith(octets, self._at):
            return False
        self._at += len(octets)
        return True

    def expect(self, octets: bytes) -> None:
        if not self.skip(octets):
            raise self.fault(f"Expected {octets.decode('ascii')} {self._where()}")

    def space(self) -> None:
        if not self.skip(b" "):
            raise self.fault(f"Expected a space {self._where()}")

    def peek(self) -> bytes:
        """The next octet of text; none at a literal or at the end."""
        return self._text[self._at : self._at + 1]

    def rest(self) -> bytes | None:
        """All that is left; None where a literal is in it."""
        return self._text[self._at :] if self._piece == len(self._pieces) - 1 else None

    def has_more(self) -> bool:
        """Whether anything but blanks is left."""
        rest = self.rest()
        return rest is None or bool(rest.strip(b" "))

    def end(self) -> None:
        self.take(SPACES)
        if not self._at_end_of_text() or self._piece != len(self._pieces) - 1:
            raise self.fault(f"Expected the end of the command {self._where()}")

    def name(self, what: str) -> str:
        """A word of the protocol, in upper case."""
        match = self.take(NAME)
        if match is None:
            raise self.fault(f"Expected {what} {self._where()}")
        return match[0].decode("ascii").upper()

    def atom(self, what: str) -> str:
        """atom = 1*ATOM-CHAR"""
        match = self.take(ATOM)
        if match is None:
            raise self.fault(f"Expected {what} {self._where()}")
        return match[0].decode("ascii")

    def number(self, largest: int = LARGEST_NUMBER) -> int:
        """number = 1*DIGIT ; Unsigned 32-bit integer (0 <= n < 4,294,967,296), or up to ``largest``"""
        match = self.take(NUMBER)
        if match is None:
            raise self.fault(f"Expected a number {self._where()}")
        value = int(match[0])
        if value > largest:
            raise self.fault(f"A number here is at most {largest}")
        return value

    def at_literal(self) -> bool:
        return self._at_end_of_text() and self._piece + 1 < len(self._pieces)

    def literal(self) -> bytes:
        """literal = "{" number "}" CRLF *CHAR8 ; its octets, which framing kept apart"""
        if not self.at_literal():
            raise self.fault(f"Expected a literal {self._where()}")
        octets = self._pieces[self._piece + 1]
        self._piece += 2
        self._text = self._pieces[self._piece]
        self._at = 0
        return octets

    def string(self, what: str) -> bytes:
        """string = quoted / literal"""
        match = self.take(QUOTED)
        if match is not None:
            return ESCAPED.sub(rb"\1", match[1]) if b"\\" in match[1] else match[1]
        if self.at_literal():
            return self.literal()
        raise self.fault(f"Expected {what} {self._where()}")

    def astring(self, what: str) -> bytes:
        """astring = 1*ASTRING-CHAR / string"""
        match = self.take(ASTRING)
        return match[0] if match is not None else self.string(what)

    def nil(self) -> bool:
        """nil = "NIL" """
        return self.take(NIL) is not None

    def text(self, octets: bytes, what: str) -> str:
        """Octets as UTF-8, which RFC 6855 wants where it is not ASCII."""
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError:
            raise self.fault(f"{what} is not UTF-8") from None
        if "\0" in text:
            raise self.fault(f"{what} has a NUL in it")
        return text

    def _at_end_of_text(self) -> bool:
        return self._at == len(self._text)

    def _where(self) -> str:
        """The place, for a person who types; never more of the client's octets than help."""
        if self.at_literal():
            return "instead of a literal"
        rest = self._text[self._at : self._at + 20].decode("ascii", "replace").replace("\ufffd", "?")
        printable = "".join(char if char.isprintable() else "?" for char in rest)
        return f"before {printable}" if printable else "at the end"
