"""Mails that say which they are: a token names a mail, and its octets follow from the token."""

from __future__ import annotations

import base64
import random
import re
from functools import lru_cache

_TOKEN = re.compile(rb"^X-Token: (\S+)\r\n", re.MULTILINE)
_TRACE = re.compile(rb"(?:Return-Path: <[^\r\n]*>\r\nDelivered-To: [^\r\n]*\r\n)?\Z")
_RANDOM_OCTETS = {"medium": 36_000, "large": 72_000, "pool": 72_000}
"""Before base64, which packing takes away again: a large one is over ``blobs.inline_limit_octets``, a medium one is not."""


def make_token(owner: str, number: int, kind: str) -> str:
    """``kind`` is small, medium, large, or pool1, pool2 ...: those of a pool share their body, and so their blob."""
    return f"{owner}.{number}.{kind}"


def kind_of(token: str) -> str:
    return token.rpartition(".")[2]


@lru_cache(maxsize=1_000)
def octets_of(token: str) -> bytes:
    """The mail as it is handed in."""
    head = f"From: {token}@example.net\r\nTo: ann@example.org\r\nSubject: Crash\r\nX-Token: {token}\r\n"
    kind = kind_of(token)
    size = _RANDOM_OCTETS.get(kind.rstrip("0123456789"))
    if size is None:
        return f"{head}\r\nMail {token}.\r\n".encode() + b"It is short.\r\n" * (len(token) % 7)
    body = base64.encodebytes(random.Random(kind if kind.startswith("pool") else token).randbytes(size))
    head += "MIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + body.replace(b"\n", b"\r\n")


def token_in(header: bytes) -> str:
    """The token that a header names; a mail without one is none of ours."""
    found = _TOKEN.search(header)
    assert found is not None, f"a mail that nobody wrote: {header[:200]!r}"
    return found[1].decode()


def is_whole(token: str, octets: bytes) -> bool:
    """Whether these are all octets of the mail, and no others but the trace fields of a delivery."""
    sent = octets_of(token)
    return octets.endswith(sent) and _TRACE.match(octets[: len(octets) - len(sent)]) is not None
