"""Cuts the stream of octets into command lines, dot-stuffed mails and counted chunks. No I/O.

``feed`` octets as they come, then call ``next_event`` until it returns None. What follows a line depends on the
command in it, so the caller says so before it asks on: ``read_data`` after an accepted DATA, ``read_chunk`` after
BDAT. For any octets in any chunking the answer is an event or None, never an exception. No more than one command line
is kept; mails are passed on as they come.
"""

from __future__ import annotations

from typing import Literal

import msgspec

MAX_LINE_OCTETS = 2_048
"""RFC 5321 section 4.5.3.1.4 asks for 512; parameters of the extensions and UTF-8 addresses (RFC 6531) need more."""

_END_OF_DATA = b"\r\n.\r\n"


class Line(msgspec.Struct, frozen=True):
    """A command line without its CRLF."""

    octets: bytes


class LineTooLong(msgspec.Struct, frozen=True):
    """A line over the limit; it was dropped up to its end."""


class BareLineFeed(msgspec.Struct, frozen=True):
    """A line that ended in LF without CR, which RFC 5321 section 2.3.8 does not allow; it was dropped."""


class Body(msgspec.Struct, frozen=True):
    """Octets of the mail, dots unstuffed; ``last`` when the mail, or the chunk, ends with them."""

    octets: bytes
    last: bool


Event = Line | LineTooLong | BareLineFeed | Body


class Framing:
    """The state of one connection's input."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._mode: Literal["line", "skip", "data", "chunk"] = "line"
        self._searched = 0
        self._missing = 0
        self._at_start = False

    def feed(self, octets: bytes) -> None:
        self._buffer += octets

    def discard(self) -> None:
        """Forget what is buffered: nothing that came before a TLS handshake may count after it (RFC 3207 section
        4.2)."""
        self._buffer.clear()
        self._mode = "line"
        self._searched = 0

    def read_data(self) -> None:
        """A mail follows, up to CRLF.CRLF. The line of DATA itself gives the first CRLF, so an empty mail is
        ``.CRLF``."""
        self._buffer[:0] = b"\r\n"
        self._at_start = True
        self._mode = "data"

    def read_chunk(self, size_octets: int) -> None:
        """Exactly so many octets follow, of any kind."""
        self._missing = size_octets
        self._mode = "chunk"

    @property
    def in_body(self) -> bool:
        """True from ``read_data`` or ``read_chunk`` to the body's end."""
        return self._mode in {"data", "chunk"}

    def next_event(self) -> Event | None:
        match self._mode:
            case "line":
                return self._next_line()
            case "skip":
                return self._skip_line()
            case "data":
                return self._next_data()
            case "chunk":
                return self._next_chunk()

    def _next_line(self) -> Event | None:
        end = self._buffer.find(b"\n", self._searched)
        if end > MAX_LINE_OCTETS or (end < 0 and len(self._buffer) > MAX_LINE_OCTETS):
            self._searched = 0
            return self._skip_line()
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        self._searched = 0
        return Line(line[:-2]) if line.endswith(b"\r\n") else BareLineFeed()

    def _skip_line(self) -> Event | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            self._buffer.clear()
            self._mode = "skip"
            return None
        del self._buffer[: end + 1]
        self._mode = "line"
        return LineTooLong()

    def _next_data(self) -> Event | None:
        """RFC 5321 section 4.5.2. Only CRLF.CRLF ends a mail and only after CRLF a dot is taken away: bare CR and LF
        are octets like any other, so nobody can smuggle a second mail past a server that sees lines differently."""
        end = self._buffer.find(_END_OF_DATA)
        if end >= 0:
            octets = self._unstuff(end + 2)
            del self._buffer[:3]
            self._mode = "line"
            return Body(octets, last=True)
        ready = len(self._buffer) - self._held_back()
        return Body(self._unstuff(ready), last=False) if ready else None

    def _held_back(self) -> int:
        """How many octets at the end may yet turn out to be the end of the mail or a stuffed dot."""
        for size in range(len(_END_OF_DATA) - 1, 0, -1):
            if self._buffer.endswith(_END_OF_DATA[:size]):
                return size
        return 0

    def _unstuff(self, size: int) -> bytes:
        """Take octets off the buffer; no stuffed dot lies across the cut, because such an end is held back."""
        octets = bytes(self._buffer[:size]).replace(b"\r\n.", b"\r\n")
        del self._buffer[:size]
        if self._at_start:
            self._at_start = False
            return octets[2:]
        return octets

    def _next_chunk(self) -> Event | None:
        octets = bytes(self._buffer[: self._missing])
        if not octets and self._missing:
            return None
        del self._buffer[: len(octets)]
        self._missing -= len(octets)
        if not self._missing:
            self._mode = "line"
        return Body(octets, last=not self._missing)
