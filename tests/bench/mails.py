"""The mails of a benchmark: 4 KB each, all different, and the words that searches look for."""

from __future__ import annotations

from tests.bench.mime import mail

FROM_EVERY = 10
TEXT_EVERY = 100
"""One mail in so many is from Zenobia, and one says ``heliotrope`` in its text: 200 hits in 20 000."""

_USUAL = mail(4_096)
LARGE = mail(10 * 1024 * 1024)


def numbered(number: int) -> bytes:
    """Mail ``number``, always the same, and as long as all others."""
    sender = "Zenobia" if number % FROM_EVERY == 0 else "Annabel"
    word = b"heliotrope" if number % TEXT_EVERY == 0 else b"aquamarine"
    head = f"X-Number: {number:08}\r\n".encode()
    octets = _USUAL.replace(b"=?utf-8?Q?Ann_Lee?=", sender.encode(), 1).replace(b"the numbers that", word + b" that", 1)
    return head + octets
