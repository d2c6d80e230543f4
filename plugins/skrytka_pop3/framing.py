"""Cuts the stream of octets into lines. No I/O.

``feed`` octets as they come, then call ``next_event`` until it returns None. For any octets in any chunking the
answer is an event or None, never an exception, and no more than one line is kept.
"""

from __future__ import annotations

import msgspec

MAX_LINE_OCTETS = 12_288
"""RFC 5034 section 4 for responses; RFC 2449 section 4 is content with 255 for commands."""


class Line(msgspec.Struct, frozen=True):
    """A line without its line end, which is CRLF or, forgiven, LF."""

    octets: bytes


class LineTooLong(msgspec.Struct, frozen=True):
    """A line over the limit; it was dropped up to its end."""


Event = Line | LineTooLong


class Framing:
    """The state of one connection's input."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    def feed(self, octets: bytes) -> None:
        self._buffer += octets

    def discard(self) -> None:
        """Forget what is buffered: nothing that came before a TLS handshake may count after it (RFC 2595 section
        2.4)."""
        self._buffer.clear()
        self._searched = 0
        self._skipping = False

    def next_event(self) -> Event | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            if self._skipping or self._searched > MAX_LINE_OCTETS:
                self.discard()
                self._skipping = True
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        if self._skipping or len(line) > MAX_LINE_OCTETS:
            self._skipping = False
            return LineTooLong()
        return Line(line.removesuffix(b"\r"))
