"""The grammar of commands about the session: logging in, languages, what is enabled; and what is no command."""

from __future__ import annotations

import pytest

from skrytka_imap import commands as c
from tests.unit.imap.grammar.reading import Commands, Faults, fault, read

COMMANDS: Commands = [
    (b"CAPABILITY", c.Capability()),
    (b"noop", c.Noop()),
    (b"Logout  ", c.Logout()),
    (b"STARTTLS", c.StartTls()),
    (b"IDLE", c.Idle()),
    (b"UNAUTHENTICATE", c.Unauthenticate()),
    (b"NAMESPACE", c.Namespace()),
    (b"LANGUAGE", c.Language(())),
    (b'language DE-AT "i-default"', c.Language(("DE-AT", "i-default"))),
    (b"COMPARATOR", c.Comparator(())),
    (b'COMPARATOR "cz;*" -i;basic ', c.Comparator(("cz;*", "-i;basic"))),
    (b"COMPRESS deflate", c.Compress()),
    (b"ID NIL", c.Id(())),
    (b"ID ()", c.Id(())),
    (b'ID ("name" "x" "v" NIL)', c.Id((("name", "x"), ("v", None)))),
    (b'ID ("name" {3+}\r\na\r\n)', c.Id((("name", "a\r\n"),))),
    (b"LOGIN ann secret]", c.Login("ann", "secret]")),
    (b'LOGIN "a b" "q\\"\\\\"', c.Login("a b", 'q"\\')),
    (b"LOGIN {3+}\r\nann {5+}\r\n\xc5\xbc\xc3\xb3 ", c.Login("ann", "żó ")),
    (b'LOGIN ann ""', c.Login("ann", "")),
    (b"AUTHENTICATE plain", c.Authenticate("PLAIN")),
    (b"AUTHENTICATE PLAIN AGFubgB4", c.Authenticate("PLAIN", b"\0ann\0x")),
    (b"AUTHENTICATE PLAIN =", c.Authenticate("PLAIN", b"")),
    (b"ENABLE condstore X-FOO", c.Enable(("CONDSTORE", "X-FOO"))),
]

FAULTS: Faults = [
    (b"FOO", "There is no command FOO"),
    (b"UID", "Expected a space at the end"),
    (b"UID NOOP", "There is no command UID NOOP"),
    (b"NOOP x", "Expected the end of the command before x"),
    (b"NOOP {1+}\r\nx", "Expected the end of the command instead of a literal"),
    (b"LOGIN ann", "Expected a space at the end"),
    (b'LOGIN ann "x', 'Expected a password before "x'),
    (b'LOGIN ann "\\x"', 'Expected a password before "\\x"'),
    (b"LOGIN {1+}\r\n\xff x", "The login name is not UTF-8"),
    (b"LOGIN {1+}\r\n\0 x", "The login name has a NUL in it"),
    (b"LOGIN a\xffb x", "Expected a space before ?b x"),
    (b"AUTHENTICATE PLAIN a", "The initial response is not base64"),
    (b"AUTHENTICATE PLAIN A===", "The initial response is not base64"),
    (b"ENABLE", "Expected a space at the end"),
    (b"COMPRESS LZMA", "DEFLATE is all that there is"),
    (b"COMPRESS DEFLATE 9", "Expected the end of the command before 9"),
    (b"ID (" + b" ".join([b'"f" NIL'] * 31) + b")", "ID takes at most 30 pairs"),
    (b"LANGUAGE x" + b" x" * 100, "LANGUAGE takes at most 100 languages of 100 characters"),
    (b"LANGUAGE " + b"x" * 101, "LANGUAGE takes at most 100 languages of 100 characters"),
    (b"COMPARATOR x" + b" x" * 100, "COMPARATOR takes at most 100 comparators"),
    (b"COMPARATOR " + b"x" * 256, "A comparator has at most 255 characters"),
    (b'COMPARATOR "\xff"', "A comparator is not UTF-8"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    assert fault(text) == message
