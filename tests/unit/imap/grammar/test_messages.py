"""The grammar of storing and changing messages: APPEND, REPLACE, COPY, MOVE, STORE, EXPUNGE."""

from __future__ import annotations

import pytest

from skrytka.plugin_api import model
from skrytka_imap import commands as c
from skrytka_imap.commands.sequence_set import STAR
from tests.unit.imap.grammar.reading import ALL, ONE, SAVED, Commands, Faults, fault, read

F = model.Flags
LAST = c.SequenceSet(((STAR, STAR),))

COMMANDS: Commands = [
    (b"UIDBATCHES 500", c.UidBatches(500)),
    (b"uidbatches 4294967295 2:1", c.UidBatches(4294967295, (2, 1))),
    (b"APPEND x {3+}\r\n\0\r\n", c.Append("x", (c.AppendMessage(b"\0\r\n"),))),
    (
        b'APPEND {1+}\r\nx (\\seen \\Flagged $MDNSent $mdnsent) " 1-Jan-1970 01:00:01 +0100" {2+}\r\nhi',
        c.Append("x", (c.AppendMessage(b"hi", F.SEEN | F.FLAGGED, ("$MDNSent",), 1),)),
    ),
    (b'APPEND x () "31-Dec-1969 23:59:60 +0000" {0+}\r\n', c.Append("x", (c.AppendMessage(b"", internal_date=-1),))),
    (
        b"APPEND x {1+}\r\na (\\Seen) ~{2+}\r\n\0b",
        c.Append("x", (c.AppendMessage(b"a"), c.AppendMessage(b"\0b", F.SEEN))),
    ),
    (
        b"APPEND x catenate (URL /a;UIDVALIDITY=1/;UID=2 TEXT {1+}\r\nb url {1+}\r\nc text ~{1+}\r\n\0) ",
        c.Append("x", (c.AppendMessage(c.Catenate((c.Url(b"/a;UIDVALIDITY=1/;UID=2"), b"b", c.Url(b"c"), b"\0"))),)),
    ),
    (
        b"APPEND x UTF8 (~{1+}\r\na) catenate (utf8 (~{1+}\r\nb) TEXT {1+}\r\nc)",
        c.Append("x", (c.AppendMessage(b"a"), c.AppendMessage(c.Catenate((b"b", b"c"))))),
    ),
    (b"REPLACE * x (\\Seen) {1+}\r\na", c.Replace(LAST, "x", c.AppendMessage(b"a", F.SEEN))),
    (b"UID REPLACE 1 {1+}\r\nx {1+}\r\na ", c.Replace(ONE, "x", c.AppendMessage(b"a"), uid=True)),
    (b"EXPUNGE", c.Expunge()),
    (b"UID EXPUNGE 4,2:3", c.Expunge(c.SequenceSet(((4, 4), (2, 3))))),
    (b"COPY 1:* x", c.Copy(ALL, "x")),
    (b"uid copy 1:* x", c.Copy(ALL, "x", uid=True)),
    (b"MOVE 1 x", c.Move(ONE, "x")),
    (b"UID MOVE 1 x", c.Move(ONE, "x", uid=True)),
    (b"STORE 1 FLAGS ()", c.Store(ONE, "replace", F.NONE)),
    (b"STORE 1 +FLAGS \\Deleted", c.Store(ONE, "add", F.DELETED)),
    (b"STORE 1 -flags.silent (\\Draft x)", c.Store(ONE, "remove", F.DRAFT, ("x",), silent=True)),
    (
        b"UID STORE 1:* (UNCHANGEDSINCE 0) +FLAGS.SILENT \\Answered x",
        c.Store(ALL, "add", F.ANSWERED, ("x",), silent=True, uid=True, unchanged_since=0),
    ),
    (b"UID STORE $ FLAGS ()", c.Store(SAVED, "replace", F.NONE, uid=True)),
]

FAULTS: Faults = [
    (b"APPEND x hi", "Expected a literal before hi"),
    (b"APPEND x CATENATE ()", "Expected TEXT or URL before )"),
    (b"APPEND x CATENATE (FOO x)", "Expected TEXT or URL instead of FOO"),
    (b"APPEND x CATENATE (TEXT x)", "Expected a literal before x)"),
    (b"APPEND x {1+}\r\nx y", "Expected a literal before y"),
    (b'APPEND x "32-Jan-1970 00:00:00 +0000" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "1-Foo-1970 00:00:00 +0000" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "1-Jan-1970 00:00:00 +2400" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "31-Dec-9999 23:59:59 -1200" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "01-Jan-0001 00:00:00 +1400" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "yesterday" {1+}\r\nx', 'Expected a date and time like "17-Jul-1996 02:44:25 -0700"'),
    (b"STORE 1 FLAGS (\\Recent)", "No client can set the flag \\Recent"),
    (b"STORE 1 FLAGS (\\*)", "Expected a flag before \\*)"),
    (b"STORE 1 FLAGS", "Expected FLAGS, +FLAGS or -FLAGS, or one of them with .SILENT"),
    (b"STORE 0 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 4294967296 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 1:2:3 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 1,,2 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE ,1 FLAGS x", "Expected a set like 1:5,8"),
    (b"STORE " + b"1," * 16_384 + b"1 FLAGS x", "A set has at most 16384 ranges"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    assert fault(text) == message
