"""Replies on the wire."""

from __future__ import annotations

import pytest

from skrytka_pop3.replies import Challenge, Listing, Mail, Status, failed, ok, render


def test_status_lines() -> None:
    assert b"".join(render(ok("done"))) == b"+OK done\r\n"
    assert b"".join(render(failed("no", "SYS/TEMP"))) == b"-ERR [SYS/TEMP] no\r\n"
    assert b"".join(render(Status(True, "a\r\n.\r\nä"))) == b"+OK a??.???\r\n"
    assert len(b"".join(render(failed("x" * 5_000)))) < 512
    assert b"".join(render(Challenge())) == b"+ \r\n"


def test_a_long_listing_comes_in_chunks() -> None:
    chunks = list(render(Listing("all", (f"{number} 1" for number in range(1, 5_001)))))
    lines = b"".join(chunks).split(b"\r\n")
    assert lines[0] == b"+OK all"
    assert lines[1:5_001] == [b"%d 1" % number for number in range(1, 5_001)]
    assert lines[5_001:] == [b".", b""]
    assert max(map(len, chunks)) < 65_536


def test_an_empty_listing() -> None:
    assert b"".join(render(Listing("none", ()))) == b"+OK none\r\n.\r\n"


@pytest.mark.parametrize(
    ("octets", "sent"),
    [
        (b"", b"\r\n"),
        (b"a\r\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b"a\n", b"a\n\r\n"),
        (b"a\r", b"a\r\r\n"),
        (b".", b"..\r\n"),
        (b".\r\n..\r\na.\r\n", b"..\r\n...\r\na.\r\n"),
        (b"a\n.\nb\r.\r\n", b"a\n..\nb\r.\r\n"),
        (b"\0\xff\r\n", b"\0\xff\r\n"),
        (b"x" * 65_535 + b"\n.\r\n", b"x" * 65_535 + b"\n..\r\n"),
        (b"x" * 65_534 + b"\r\n.\r\n", b"x" * 65_534 + b"\r\n..\r\n"),
        (b".\r\n" * 50_000, b"..\r\n" * 50_000),
    ],
)
def test_a_mail_is_dot_stuffed_and_ends_with_crlf(octets: bytes, sent: bytes) -> None:
    assert b"".join(render(Mail("mail", octets))) == b"+OK mail\r\n" + sent + b".\r\n"
