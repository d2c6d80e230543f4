"""Lines to Structs, and the texts for lines that are none."""

from __future__ import annotations

import pytest

from skrytka_pop3 import commands
from skrytka_pop3.grammar import BadCommand, parse, parse_response


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"CAPA", commands.Capa()),
        (b"capa ", commands.Capa()),
        (b"LANG", commands.Lang()),
        (b"LANG *", commands.Lang("*")),
        (b"LANG en", commands.Lang("en")),
        (b"UTF8", commands.Utf8()),
        (b"STLS", commands.Stls()),
        (b"USER ann@example.org", commands.User("ann@example.org")),
        ("USER ä b".encode(), commands.User("ä b")),
        (b"PASS  two blanks ", commands.Pass(" two blanks ")),
        (b"AUTH plain", commands.Auth("PLAIN")),
        (b"AUTH PLAIN AGEAYg==", commands.Auth("PLAIN", b"\0a\0b")),
        (b"AUTH PLAIN =", commands.Auth("PLAIN", b"")),
        (b"STAT", commands.Stat()),
        (b"LIST", commands.List()),
        (b"LIST 007", commands.List(7)),
        (b"RETR 1", commands.Retr(1)),
        (b"RETR " + b"9" * 10_000, commands.Retr(10**18)),
        (b"DELE 2", commands.Dele(2)),
        (b"NOOP", commands.Noop()),
        (b"RSET", commands.Rset()),
        (b"TOP 1 0", commands.Top(1, 0)),
        (b"UIDL", commands.Uidl()),
        (b"UIDL 3", commands.Uidl(3)),
        (b"quit", commands.Quit()),
    ],
)
def test_commands(line: bytes, command: commands.Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"", "Unknown command"),
        (b"APOP ann c4c9334bac560ecc979e58001b3e22fb", "Unknown command"),
        (b"STAT\0", "Control characters may not stand in a command"),
        (b"USER \xff", "Only UTF-8 may stand in a command"),
        (b"USER", "Syntax: USER name"),
        (b"PASS", "Syntax: PASS password"),
        (b"AUTH", "Syntax: AUTH mechanism [initial-response]"),
        (b"AUTH PLAIN !", "The response is not base64"),
        (b"AUTH PLAIN " + "ä".encode(), "The response is not base64"),
        (b"STAT 1", "STAT takes no argument"),
        (b"RETR", "A number is missing or malformed"),
        (b"RETR 0", "Message numbers start at 1"),
        (b"DELE 000", "Message numbers start at 1"),
        (b"DELE -1", "A number is missing or malformed"),
        (b"DELE 1 2", "A number is missing or malformed"),
        ("RETR \u0661".encode(), "A number is missing or malformed"),
        (b"LIST  1", "A number is missing or malformed"),
        (b"TOP 1", "Syntax: TOP number lines"),
        (b"TOP 1 -1", "A number is missing or malformed"),
        (b"LANG a b", "Syntax: LANG [language]"),
    ],
)
def test_lines_that_are_no_command(line: bytes, text: str) -> None:
    with pytest.raises(BadCommand) as raised:
        parse(line)
    assert str(raised.value) == text


def test_responses() -> None:
    assert parse_response(b"*") == commands.AuthCancel()
    assert parse_response(b"AGEAYg==") == commands.AuthResponse(b"\0a\0b")
    assert parse_response(b"") == commands.AuthResponse(b"")
    with pytest.raises(BadCommand):
        parse_response(b"QUIT!")
