"""Varied mails for tests: the same for the same number, CRLF line ends, each with an ``X-Test-Id``."""

from __future__ import annotations

import base64
import functools
import random
from collections.abc import Callable
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO

_WORDS = (
    "letter", "box", "stamp", "parcel", "sender", "street", "number", "answer",
    "Grüße", "żółw", "郵便", "quota", "shelf", "paper", "ink",
)  # fmt: skip


@functools.cache
def mail(number: int) -> bytes:
    """Mail ``number``; its kind follows from the number."""
    dice = random.Random(number)
    kind = _KINDS[number % len(_KINDS)]
    return kind(number, dice)


def _head(number: int, dice: random.Random) -> str:
    return (
        f"From: Sender {number} <sender{number}@example.net>\r\n"
        "To: ann@example.org\r\n"
        f"Subject: Mail number {number} about {dice.choice(_WORDS[:6])}\r\n"
        f"Date: Mon, {1 + number % 28} Jun 2026 10:{number % 60:02}:00 +0200\r\n"
        f"Message-ID: <{number}.{dice.randrange(10**9)}@example.net>\r\n"
        f"X-Test-Id: {number}\r\n"
    )


def _text(dice: random.Random, lines: int) -> str:
    return "".join(" ".join(dice.choices(_WORDS, k=9)) + "\r\n" for _ in range(lines))


def _plain(number: int, dice: random.Random) -> bytes:
    return (_head(number, dice) + "\r\n" + _text(dice, 20)).encode()


def _dots(number: int, dice: random.Random) -> bytes:
    return (_head(number, dice) + "\r\n.\r\n..\r\n.one\r\n" + _text(dice, 2) + ".\r\n").encode()


def _empty_body(number: int, dice: random.Random) -> bytes:
    return (_head(number, dice) + "\r\n").encode()


def _eight_bit_header(number: int, dice: random.Random) -> bytes:
    return (_head(number, dice) + "X-Note: Zażółć gęślą jaźń\r\n\r\n" + _text(dice, 3)).encode()


def _long_line(number: int, dice: random.Random) -> bytes:
    return (_head(number, dice) + "\r\n" + "x" * 900 + "\r\n" + _text(dice, 1)).encode()


def _latin(number: int, dice: random.Random) -> bytes:
    head = _head(number, dice) + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    return head.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe aus K\xf6ln\r\n"


def _multipart(number: int, dice: random.Random) -> bytes:
    message = EmailMessage()
    for line in _head(number, dice).splitlines():
        name, _, value = line.partition(": ")
        message[name] = value
    message.set_content(_text(dice, 5))
    message.add_alternative(f"<p>{_text(dice, 5)}</p>", subtype="html")
    message.add_attachment(dice.randbytes(3000), maintype="application", subtype="octet-stream", filename="a b.bin")
    message.set_boundary(f"=_outer_{number}")
    message.get_payload(0).set_boundary(f"=_inner_{number}")  # type: ignore[union-attr]
    out = BytesIO()
    BytesGenerator(out, policy=message.policy.clone(linesep="\r\n")).flatten(message)
    return out.getvalue()


def _nested(number: int, dice: random.Random) -> bytes:
    inner = _plain(number + 10**6, dice).replace(b"X-Test-Id", b"X-Inner-Id")
    head = _head(number, dice) + 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
    parts = b"preamble\r\n--=_b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--=_b--\r\n"
    return head.encode() + parts


def _large(number: int, dice: random.Random) -> bytes:
    head = _head(number, dice) + "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n"
    body = base64.encodebytes(dice.randbytes(150_000)).replace(b"\n", b"\r\n")
    return head.encode() + b"Content-Type: image/png; name=p.png\r\n\r\n" + body


_KINDS: tuple[Callable[[int, random.Random], bytes], ...] = (
    *(_plain,) * 8,
    *(_multipart,) * 4,
    _dots,
    _empty_body,
    _eight_bit_header,
    _long_line,
    _latin,
    _nested,
    *(_dots,) * 2,
    *(_plain,) * 9,
    _large,
)
