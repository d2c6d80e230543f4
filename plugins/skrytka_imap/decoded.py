"""``BINARY[part]<partial>``: parts of a mail without their Content-Transfer-Encoding (RFC 3516 section 4.2).

A mail, and what has parts of its own, has no encoding (RFC 2045 section 6.4) and goes out as it is.
"""

from __future__ import annotations

from skrytka.plugin_api import Part, mime
from skrytka_imap.commands import BinarySection, BinarySize


class UnknownEncoding(Exception):
    """A part that was asked for has a Content-Transfer-Encoding that nobody here knows."""


def label(item: BinarySection | BinarySize) -> bytes:
    """RFC 3516 section 5: the item as the answer names it, without PEEK and without the count."""
    inner = ".".join(map(str, item.part)).encode()
    if isinstance(item, BinarySize):
        return b"BINARY.SIZE[%b]" % inner
    origin = b"" if item.partial is None else b"<%d>" % item.partial.origin
    return b"BINARY[%b]%b" % (inner, origin)


def check(root: Part, item: BinarySection | BinarySize) -> None:
    """Raise ``UnknownEncoding`` where the part cannot be decoded."""
    part = mime.find(root, item.part) if item.part else None
    if part is not None and not mime.knows_encoding(part):
        raise UnknownEncoding


def decoded(octets: bytes, root: Part, numbers: tuple[int, ...]) -> bytes | None:
    """The part without its encoding; None if the mail has no such part."""
    if not numbers:
        return octets
    part = mime.find(root, numbers)
    if part is None:
        return None
    return octets[part.body_start : part.end] if part.children else mime.decode_body(octets, part)
