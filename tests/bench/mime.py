"""How long the scanner takes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from skrytka import mime
from tests.bench.rows import Row, timed

SMALL_MAILS = 5_000
"""Each with boundaries of its own, and more than the scanner remembers of types: real mails share no boundaries either."""

HEADER = (
    b"Return-Path: <ann@example.org>\r\n"
    + b"".join(
        b"Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n\tby mail.example.net (MTA) with ESMTPS\r\n"
        b"\tid 4Xyz%d for <bob@example.net>; Mon, 1 Jun 2026 10:00:0%d +0200\r\n" % (n, n, n, n, n)
        for n in range(5)
    )
    + b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=mail;\r\n\tbh="
    + b"x" * 44
    + b";\r\n\tb="
    + b"y" * 170
    + b"\r\nFrom: =?utf-8?Q?Ann_Lee?= <ann@example.org>\r\nTo: Bob <bob@example.net>, carol@example.com\r\n"
    b"Subject: =?utf-8?B?xbvDs8WCxIc=?= numbers for June\r\nDate: Mon, 1 Jun 2026 10:00:00 +0200\r\n"
    b"Message-ID: <1234@example.org>\r\nMIME-Version: 1.0\r\n"
)


def mail(size_octets: int, number: int = 0) -> bytes:
    """A usual mail: text and HTML in an alternative, and the rest an attachment in base64. The number is in its boundaries."""
    outer, inner = b"=_outer%06d" % number, b"=_inner%06d" % number
    text = b"Dear Bob,\r\n\r\nhere are the numbers that you asked for.\r\n" * 8
    start = (
        HEADER
        + b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n--%b\r\n' % (outer, outer)
        + b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n--%b\r\n' % (inner, inner)
        + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
        + text
        + b"\r\n--%b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" % inner
        + text
        + b"</p>\r\n--%b--\r\n\r\n--%b\r\n" % (inner, outer)
        + b'Content-Type: application/pdf; name="june.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        + b'Content-Disposition: attachment; filename="june.pdf"\r\n\r\n'
    )
    missing = max(size_octets - len(start), 0)
    attachment = base64.encodebytes(bytes(range(256)) * (missing * 3 // 4 // 256 + 1)).replace(b"\n", b"\r\n")
    return start + attachment[:missing] + b"\r\n--%b--\r\n" % outer


def measure(rounds: int) -> Iterator[Row]:
    """The scans, with the goals of the scanner."""
    small = [mail(4_096, number) for number in range(SMALL_MAILS)]
    large = [mail(1_048_576)] * 10
    yield timed("mime: scan a mail of 4 KB", "us", lambda: scan(small), 1e6 / len(small), rounds, goal=100)
    yield timed("mime: scan a mail of 1 MB", "us", lambda: scan(large), 1e6 / len(large), rounds, goal=5_000)


def scan(mails: Sequence[bytes]) -> None:
    for each in mails:
        mime.scan(each)
