"""Replies and how they look on the wire (RFC 1939 section 3, response codes as RFC 2449 section 8)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from skrytka.plugin_api import model

_MAX_TEXT = 400
_UNSAFE = re.compile(r"[^\x20-\x7e]")
_LINES_A_CHUNK = 2_000
_CHUNK_OCTETS = 65_536


class Status(msgspec.Struct, frozen=True):
    """A reply of one line; ``code`` is the response code without brackets. The client waits ``delay_s`` for it."""

    ok: bool
    text: str
    code: str = ""
    delay_s: float = 0.0


class Challenge(msgspec.Struct, frozen=True):
    """A SASL challenge, RFC 5034 section 4."""

    octets: bytes = b""
    ok: bool = True


class Listing(msgspec.Struct, frozen=True):
    """+OK and lines, none of which begins with a dot."""

    text: str
    lines: Iterable[str]
    ok: bool = True


class Mail(msgspec.Struct, frozen=True):
    """+OK and octets of a mail; ``uid`` when it is the whole one, so that sending it counts as a download."""

    text: str
    octets: bytes
    uid: model.Uid | None = None
    ok: bool = True


Reply = Status | Challenge | Listing | Mail


def ok(text: str) -> Status:
    return Status(True, text)


def failed(text: str, code: str = "") -> Status:
    return Status(False, text, code)


def render(reply: Reply) -> Iterator[bytes]:
    """The octets, in chunks between which the caller lets the client catch up. What is small is one chunk."""
    pieces: list[bytes] = []
    octets = 0
    for piece in _pieces(reply):
        pieces.append(piece)
        octets += len(piece)
        if octets >= _CHUNK_OCTETS:
            yield b"".join(pieces)
            pieces, octets = [], 0
    if pieces:
        yield b"".join(pieces)


def _pieces(reply: Reply) -> Iterator[bytes]:
    match reply:
        case Status():
            yield _status_line(reply)
        case Challenge():
            yield b"+ %b\r\n" % base64.b64encode(reply.octets)
        case Listing():
            yield _status_line(ok(reply.text))
            lines = iter(reply.lines)
            while chunk := list(islice(lines, _LINES_A_CHUNK)):
                yield ("\r\n".join(chunk) + "\r\n").encode("ascii")
            yield b".\r\n"
        case Mail():
            yield _status_line(ok(reply.text))
            yield from _stuffed(reply.octets)
            yield b".\r\n"


def _status_line(status: Status) -> bytes:
    """Text is made printable ASCII and cut, so that nothing a client wrote can break the line or its limit of 512."""
    code = f"[{status.code}] " if status.code else ""
    text = _UNSAFE.sub("?", status.text)[:_MAX_TEXT]
    return f"{'+OK' if status.ok else '-ERR'} {code}{text}\r\n".encode("ascii")


def _stuffed(octets: bytes) -> Iterator[bytes]:
    """RFC 1939 section 3: a dot that begins a line is doubled, and the mail ends with CRLF.

    Octets go out as they are stored, bare LF too. Many clients take a bare LF for a line end, and would take a lone
    dot after one for the end of the mail; so a dot after any LF is doubled.
    """
    at_line_start = True
    for start in range(0, len(octets), _CHUNK_OCTETS):
        chunk = octets[start : start + _CHUNK_OCTETS]
        dot = b"." if at_line_start and chunk.startswith(b".") else b""
        at_line_start = chunk.endswith(b"\n")
        yield dot + chunk.replace(b"\n.", b"\n..")
    if not octets.endswith(b"\r\n"):
        yield b"\r\n"


DRAINING = failed("The service is shutting down, try again", "SYS/TEMP")
TOO_MANY_ERRORS = failed("Too many errors, closing")
TOO_SLOW = failed("No login came for too long, closing")
BUG = failed("Internal error, closing", "SYS/TEMP")
