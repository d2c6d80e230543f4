"""What a handler answers: the tagged line of its command, and what happens once that line is sent."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import Literal

import msgspec

from skrytka_imap.languages import I_DEFAULT, in_language


class Then(enum.Enum):
    """What follows the tagged line."""

    GO_ON = "go on"
    START_TLS = "start TLS"
    COMPRESS = "compress"
    ADMIT = "admit"
    DISMISS = "dismiss"
    CLOSE = "close"


class Reply(msgspec.Struct, frozen=True):
    """RFC 3501 section 7.1. ``code`` stands without its brackets.

    ``tells_modseq``: to a client that enabled QRESYNC its code is the HIGHESTMODSEQ up to which it has been told all.
    """

    status: Literal[b"OK", b"NO", b"BAD"]
    text: str
    code: bytes | None = None
    then: Then = Then.GO_ON
    tells_modseq: bool = False

    def line(self, tag: bytes, language: str = I_DEFAULT) -> bytes:
        """The tagged line. A text never ends or splits it, wherever the text came from."""
        code = b"[%b] " % self.code if self.code else b""
        return b"%b %b %b%b\r\n" % (tag, self.status, code, _for_people(self.text, self.status, language))


def untagged(status: bytes, text: str, code: bytes | None = None, language: str = I_DEFAULT) -> bytes:
    """The untagged line: OK, NO, BAD or BYE (RFC 3501 section 7.1)."""
    return b"* %b %b%b\r\n" % (status, b"[%b] " % code if code else b"", _for_people(text, status, language))


def seven_bit(text: str) -> bytes:
    """A text for people as clients can take it: ``TEXT-CHAR`` is ASCII (RFC 3501 section 9), and no one enabled more."""
    return text.encode("ascii", "replace")


@lru_cache(512)
def _for_people(text: str, status: bytes, language: str) -> bytes:
    """On one line; in UTF-8 for clients that asked for a language (RFC 5255 section 3.5)."""
    if language == I_DEFAULT:
        return seven_bit(" ".join(text.split()))
    return " ".join(in_language(text, status, language).split()).replace("\0", "").encode("utf-8", "replace")


def ok(text: str, code: bytes | None = None, then: Then = Then.GO_ON, *, tells_modseq: bool = False) -> Reply:
    return Reply(b"OK", text, code, then, tells_modseq)


def no(text: str, code: bytes | None = None, then: Then = Then.GO_ON) -> Reply:
    return Reply(b"NO", text, code, then)


def bad(text: str, code: bytes | None = None) -> Reply:
    return Reply(b"BAD", text, code)
