"""Lines to ``commands`` Structs. Any octets give a command or ``BadCommand``, never another exception."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

from skrytka_pop3 import commands
from skrytka_pop3.commands import Command

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER = re.compile("[0-9]+", re.ASCII)
_MECHANISM = re.compile("[A-Za-z0-9_-]{1,20}")
_HUGE_DIGITS = 18
_HUGE = 10**_HUGE_DIGITS


class BadCommand(Exception):
    """The line is no command; the text says why."""


def parse(line: bytes) -> Command:
    """Read one command line without its line end. Keywords are in any case (RFC 1939 section 3)."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise BadCommand("Only UTF-8 may stand in a command") from None
    if _CONTROLS.search(text):
        raise BadCommand("Control characters may not stand in a command")
    keyword, _, rest = text.partition(" ")
    parser = _PARSERS.get(keyword.upper())
    if parser is None:
        raise BadCommand("Unknown command")
    return parser(rest)


def parse_response(line: bytes) -> Command:
    """Read a line that answers a challenge: ``"*" / base64``, RFC 5034 section 4."""
    if line == b"*":
        return commands.AuthCancel()
    return commands.AuthResponse(_base64(line))


def _base64(encoded: bytes) -> bytes:
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        raise BadCommand("The response is not base64") from None


def _user(rest: str) -> Command:
    """``"USER" SP name``; the name may hold blanks."""
    if not rest:
        raise BadCommand("Syntax: USER name")
    return commands.User(rest)


def _pass(rest: str) -> Command:
    """``"PASS" SP string``: "a POP3 server may treat spaces in the argument as part of the password" (section 7)."""
    if not rest:
        raise BadCommand("Syntax: PASS password")
    return commands.Pass(rest)


def _auth(rest: str) -> Command:
    """``"AUTH" SP sasl-mech [SP initial-response]``; an initial response of ``=`` is an empty one."""
    mechanism, blank, initial = rest.partition(" ")
    if not _MECHANISM.fullmatch(mechanism):
        raise BadCommand("Syntax: AUTH mechanism [initial-response]")
    if not blank:
        return commands.Auth(mechanism.upper())
    return commands.Auth(mechanism.upper(), b"" if initial == "=" else _base64(initial.encode()))


def _lang(rest: str) -> Command:
    """``"LANG" [SP lang-tag / "*"]``."""
    if " " in rest:
        raise BadCommand("Syntax: LANG [language]")
    return commands.Lang(rest or None)


def _top(rest: str) -> Command:
    """``"TOP" SP msg SP n``: n is not negative."""
    words = rest.split(" ")
    if len(words) != 2:
        raise BadCommand("Syntax: TOP number lines")
    return commands.Top(_number(words[0]), _count(words[1]))


def _count(word: str) -> int:
    """A number of any length; those that nothing can have are all the same."""
    if not _NUMBER.fullmatch(word):
        raise BadCommand("A number is missing or malformed")
    digits = word.lstrip("0")
    return int(digits or "0") if len(digits) <= _HUGE_DIGITS else _HUGE


def _number(word: str) -> int:
    """A message number: "message-numbers start at 1" (RFC 1939 section 5)."""
    number = _count(word)
    if number < 1:
        raise BadCommand("Message numbers start at 1")
    return number


def _bare(keyword: str, command: Command) -> Callable[[str], Command]:
    """A command that takes no argument."""

    def parse_bare(rest: str) -> Command:
        if rest.strip(" "):
            raise BadCommand(f"{keyword} takes no argument")
        return command

    return parse_bare


_PARSERS: dict[str, Callable[[str], Command]] = {
    "CAPA": _bare("CAPA", commands.Capa()),
    "LANG": _lang,
    "UTF8": _bare("UTF8", commands.Utf8()),
    "STLS": _bare("STLS", commands.Stls()),
    "USER": _user,
    "PASS": _pass,
    "AUTH": _auth,
    "STAT": _bare("STAT", commands.Stat()),
    "LIST": lambda rest: commands.List(_number(rest) if rest else None),
    "RETR": lambda rest: commands.Retr(_number(rest)),
    "DELE": lambda rest: commands.Dele(_number(rest)),
    "NOOP": _bare("NOOP", commands.Noop()),
    "RSET": _bare("RSET", commands.Rset()),
    "TOP": _top,
    "UIDL": lambda rest: commands.Uidl(_number(rest) if rest else None),
    "QUIT": _bare("QUIT", commands.Quit()),
}
