"""Command lines to Structs, and the reply codes of lines that are none."""

from __future__ import annotations

import pytest

from skrytka_lmtp import commands
from skrytka_lmtp.grammar import BadCommand, parse


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"LHLO mx.example.org", commands.Lhlo("mx.example.org")),
        (b"lhlo [192.0.2.1]  ", commands.Lhlo("[192.0.2.1]")),
        (b"HELO x", commands.Helo()),
        (b"EHLO", commands.Helo()),
        (b"MAIL FROM:<>", commands.Mail("")),
        (b"mail from: <ann@example.org>", commands.Mail("ann@example.org")),
        (b"MAIL FROM:<@a,@b:ann@example.org>", commands.Mail("ann@example.org")),
        (b"MAIL FROM:<ann@[IPv6:::1]> SIZE=10", commands.Mail("ann@[IPv6:::1]", 10)),
        (b"MAIL FROM:<a@b> BODY=8BITMIME size=0 AUTH=<>", commands.Mail("a@b", 0)),
        ("MAIL FROM:<ä@bücher.example> SMTPUTF8".encode(), commands.Mail("ä@bücher.example", None, True)),
        (b"RCPT TO:<a..b@example.org>", commands.Rcpt("a..b@example.org")),
        (b'RCPT TO:<"ann"@example.org>', commands.Rcpt("ann@example.org")),
        (b'RCPT TO:<"a b\\"@c"@example.org>', commands.Rcpt('"a b\\"@c"@example.org')),
        (b"RCPT TO:<PostMaster>", commands.Rcpt("postmaster")),
        (b"RCPT TO:<ann+lists@example.org>", commands.Rcpt("ann+lists@example.org")),
        (b"DATA", commands.Data()),
        (b"BDAT 0", commands.Bdat(0, last=False)),
        (b"bdat 86000 last", commands.Bdat(86_000, last=True)),
        (b"BDAT 99999999999999999999 LAST", commands.Bdat(10**20 - 1, last=True)),
        (b"RSET ", commands.Rset()),
        (b"VRFY ann", commands.Vrfy("ann")),
        (b"NOOP anything", commands.Noop()),
        (b"HELP MAIL", commands.Help()),
        (b"STARTTLS", commands.StartTls()),
        (b"QUIT", commands.Quit()),
    ],
)
def test_commands(line: bytes, command: commands.Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "code", "enhanced"),
    [
        (b"", 500, "5.5.2"),
        (b"\xff\xfe", 500, "5.5.2"),
        (b"GET / HTTP/1.1", 500, "5.5.2"),
        (b"LHLO", 501, "5.5.4"),
        (b"LHLO a b", 501, "5.5.4"),
        (b"MAIL", 501, "5.5.4"),
        (b"MAIL ann@example.org", 501, "5.5.4"),
        (b"MAIL FROM:ann@example.org", 501, "5.1.7"),
        (b"MAIL FROM:<ann>", 501, "5.1.7"),
        (b"MAIL FROM:<a@b>SIZE=1", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=x", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=" + b"9" * 5_000, 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=1 SIZE=1", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> BODY=BINARYMIME", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SMTPUTF8=1", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> RET=HDRS", 555, "5.5.4"),
        ("MAIL FROM:<ä@b>".encode(), 553, "5.6.7"),
        (b"MAIL FROM:<\xff@b> SMTPUTF8", 501, "5.5.4"),
        (b"MAIL FROM:<a\0@b>", 501, "5.5.4"),
        (b"RCPT TO:<>", 501, "5.1.3"),
        (b"RCPT TO:<a@b> NOTIFY=NEVER", 555, "5.5.4"),
        (b"DATA now", 501, "5.5.4"),
        (b"QUIT now", 501, "5.5.4"),
        (b"VRFY", 501, "5.5.4"),
    ],
)
def test_lines_that_are_no_command(line: bytes, code: int, enhanced: str) -> None:
    with pytest.raises(BadCommand) as raised:
        parse(line)
    assert (raised.value.code, raised.value.enhanced, raised.value.fatal) == (code, enhanced, False)


@pytest.mark.parametrize(
    "line", [b"BDAT", b"BDAT x", b"BDAT -1", b"BDAT 1 2", b"BDAT 1 LAST x", b"BDAT 1" + b"0" * 20, b"BDAT \xff"]
)
def test_a_chunk_of_unknown_size_is_fatal(line: bytes) -> None:
    with pytest.raises(BadCommand) as raised:
        parse(line)
    assert raised.value.fatal
