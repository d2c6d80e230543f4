"""What SORT and THREAD compare of a mail, derived from its header once and stored with it.

Texts are in the form of ``i;unicode-casemap`` (RFC 5051) in UTF-8, which compare as octets. Of each so many characters are
kept: many are in memory together.
"""

from __future__ import annotations

import msgspec

from skrytka.plugin_api import Part, Rendition, mime
from skrytka_imap.base_subject import base_subject
from skrytka_imap.message_ids import MOST_REFERENCES, digests

SORT_KEYS = "imap.sort"

LONGEST_TEXT = 255
"""Characters by which texts are compared."""


class SortKeys(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """RFC 5256 section 3 and RFC 5957 section 3.

    ``date`` is Unix time, None where the Date field names none. ``cc``, ``from_`` and ``to`` are the mailbox of the first
    address, the ``display`` ones what a reader sees of it. ``message_id`` is a digest, or empty, ``references`` are joined ones.
    """

    date: int | None = None
    cc: bytes = b""
    from_: bytes = b""
    to: bytes = b""
    display_from: bytes = b""
    display_to: bytes = b""
    subject: bytes = b""
    is_reply: bool = False
    message_id: bytes = b""
    references: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SortKeys).decode

NO_KEYS = SortKeys()


def sort_keys(octets: bytes | None) -> SortKeys:
    """As they are stored; of a mail that cannot be read there are none."""
    return _decode(octets) if octets else NO_KEYS


def derive_sort_keys(octets: bytes, part: Part) -> bytes:
    """The rendition."""
    fields = mime.envelope(octets, part)
    sent = mime.sent_date(fields.date)
    subject = base_subject(fields.subject)
    own = digests(fields.message_id)
    keys = SortKeys(
        None if sent is None else int(sent.timestamp()),
        _mailbox(fields.cc),
        _mailbox(fields.from_),
        _mailbox(fields.to),
        _display(fields.from_),
        _display(fields.to),
        _folded(subject.text),
        subject.is_reply,
        own[0] if own else b"",
        b"".join(_references(mime.header_value(octets, part, "references"), fields.in_reply_to)),
    )
    return _encode(keys)


def _references(references: bytes | None, in_reply_to: bytes | None) -> list[bytes]:
    """RFC 5256 section 3: those of References, else the first one of In-Reply-To."""
    return digests(references)[-MOST_REFERENCES:] or digests(in_reply_to)[:1]


def _mailbox(addresses: tuple[mime.Address, ...]) -> bytes:
    """The addr-mailbox of the first address of the envelope: the name of a group, where one begins there."""
    return _decoded(addresses[0].mailbox or b"") if addresses else b""


def _display(addresses: tuple[mime.Address, ...]) -> bytes:
    """RFC 5957 section 3: the name, else the whole address, else its mailbox."""
    if not addresses:
        return b""
    first = addresses[0]
    if first.name and (name := _decoded(first.name)):
        return name
    if first.mailbox is not None and first.host is not None:
        return _decoded(first.mailbox + b"@" + first.host)
    return _decoded(first.mailbox or b"")


def _decoded(octets: bytes) -> bytes:
    return _folded(mime.decode_header(octets))


def _folded(text: str) -> bytes:
    return mime.unicode_casemap(text[:LONGEST_TEXT])[:LONGEST_TEXT].encode("utf-8", "replace")


RENDITION = Rendition(SORT_KEYS, 2, derive_sort_keys, at_delivery=False, of_header=True)
