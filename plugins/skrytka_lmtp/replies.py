"""Replies and how they look on the wire (RFC 5321 section 4.2, enhanced codes as RFC 2034)."""

from __future__ import annotations

import re

import msgspec

_MAX_TEXT = 400
_UNSAFE = re.compile(r"[^\x20-\x7e]")


class Reply(msgspec.Struct, frozen=True):
    """One reply of one or more lines. Greeting and LHLO have no enhanced code (RFC 2034 section 3)."""

    code: int
    enhanced: str
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.code < 400


def reply(code: int, enhanced: str, text: str) -> Reply:
    return Reply(code, enhanced, (text,))


def render(answer: Reply) -> bytes:
    """The octets. Text is made printable ASCII and cut, so that nothing a client wrote can break a line or its limit
    of 512."""
    prefix = f"{answer.enhanced} " if answer.enhanced else ""
    last = len(answer.lines) - 1
    lines = (
        f"{answer.code}{' ' if number == last else '-'}{prefix}{_UNSAFE.sub('?', line)[:_MAX_TEXT]}\r\n"
        for number, line in enumerate(answer.lines)
    )
    return "".join(lines).encode("ascii")


TIMED_OUT = reply(421, "4.4.2", "Nothing was heard for too long, closing")
DRAINING = reply(421, "4.3.2", "The service is shutting down, try again")
TOO_MANY_ERRORS = reply(421, "4.7.0", "Too many errors, closing")
BUG = reply(421, "4.3.0", "Internal error, closing")
BUG_IN_DELIVERY = reply(451, "4.3.0", "Internal error, try again later")
LINE_TOO_LONG = reply(500, "5.5.2", "The line is too long")
BARE_LINE_FEED = reply(500, "5.5.2", "Lines must end with CR LF")
