"""What the search index does not read of a mail."""

from __future__ import annotations

import tracemalloc

import pytest

from skrytka.services.indexing import MARKUP, _texts

MOST = 4_096
LETTER = "\ufdfa".encode()
"""One character that is eighteen where it is looked for."""


def mail(content_type: str, body: bytes) -> bytes:
    return f"Subject: x\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "octets",
    [
        mail("text/plain; charset=utf-8", LETTER * 1_000_000),
        mail("message/rfc822", mail("text/plain; charset=utf-8", LETTER * 1_000_000)),
        mail("multipart/mixed; boundary=b", b"--b\r\nX: " + LETTER * 1_000_000 + b"\r\n\r\n\r\n--b--\r\n"),
    ],
    ids=["text", "mail within", "header of a part"],
)
def test_texts_that_are_too_long_take_no_memory(octets: bytes) -> None:
    tracemalloc.start()
    try:
        assert _texts(octets, MARKUP * MOST) is None
        assert tracemalloc.get_traced_memory()[1] < 2 * len(octets)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "octets",
    [
        mail("application/pdf", b"\0" * 1_000_000),
        mail(
            "multipart/mixed; boundary=b",
            b"--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\n\r\n" + b"\0" * 1_000_000,
        ),
    ],
    ids=["file", "attachment"],
)
def test_mails_are_not_too_long_for_what_is_no_text(octets: bytes) -> None:
    assert _texts(octets, MARKUP * MOST) is not None
