"""The fields of IMAP's ENVELOPE (RFC 3501 section 7.4.2), raw: the front end writes them in its own syntax."""

from __future__ import annotations

import msgspec

from skrytka.mime.addresses import Address, parse_addresses
from skrytka.mime.headers import unfold
from skrytka.mime.structure import Part

Addresses = tuple[Address, ...]

_TEXTS = (b"date", b"subject", b"in-reply-to", b"message-id")
_ADDRESSES = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")
_WANTED = frozenset(_TEXTS + _ADDRESSES)


class Envelope(msgspec.Struct, frozen=True):
    """Values on one line, encoded words left alone; None for a field that is missing, ``()`` for no addresses."""

    date: bytes | None
    subject: bytes | None
    from_: Addresses
    sender: Addresses
    reply_to: Addresses
    to: Addresses
    cc: Addresses
    bcc: Addresses
    in_reply_to: bytes | None
    message_id: bytes | None


def envelope(octets: bytes, part: Part) -> Envelope:
    """The envelope of a mail. Sender and Reply-To default to From; an address field that occurs twice counts whole."""
    raw: dict[bytes, list[bytes]] = {}
    for field in part.headers:
        name = field.name.lower()
        if name in _WANTED:
            raw.setdefault(name, []).append(octets[field.value_start : field.end])
    date, subject, in_reply_to, message_id = (unfold(raw[name][0]) if name in raw else None for name in _TEXTS)
    from_, sender, reply_to, to, cc, bcc = (_parse(raw.get(name)) for name in _ADDRESSES)
    return Envelope(date, subject, from_, sender or from_, reply_to or from_, to, cc, bcc, in_reply_to, message_id)


def _parse(values: list[bytes] | None) -> Addresses:
    if values is None:
        return ()
    return tuple(address for value in values for address in parse_addresses(value))
