"""Bodies as octets and as text: transfer encodings (RFC 2045 section 6) and charsets."""

from __future__ import annotations

import binascii

from skrytka.mime.charsets import decode_octets
from skrytka.mime.encoded_words import decode_base64
from skrytka.mime.structure import Part

IDENTITIES = frozenset({"7bit", "8bit", "binary"})
_UUENCODED = frozenset({"x-uuencode", "x-uue", "uuencode", "uue"})


def decode_body(octets: bytes, part: Part) -> bytes:
    """The body without its transfer encoding; one that nobody knows leaves the body as it is."""
    return decode_transfer(octets[part.body_start : part.end], part.encoding)


def knows_encoding(part: Part) -> bool:
    """Whether ``decode_body`` really decodes. What has parts of its own has no encoding (RFC 2045 section 6.4)."""
    encoding = part.encoding
    return (
        bool(part.children)
        or encoding in IDENTITIES
        or encoding in ("base64", "quoted-printable")
        or encoding in _UUENCODED
    )


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """Octets without a Content-Transfer-Encoding (lower case). Never fails."""
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in _UUENCODED:
        return _decode_uu(body)
    return body


def decode_text(octets: bytes, part: Part) -> str:
    """The text of a text part, markup and line ends as they are. Never fails."""
    return decode_octets(decode_body(octets, part), parameter(part, "charset"))


def parameter(part: Part, name: str) -> str:
    """A parameter of the Content-Type, ``""`` without it."""
    for known, value in part.parameters:
        if known == name:
            return value
    return ""


def _decode_uu(body: bytes) -> bytes:
    """The first file of a uuencoded body: lines between ``begin`` and ``end``, broken ones skipped."""
    decoded = []
    inside = False
    for line in body.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() == b"end":
            break
        else:
            try:
                decoded.append(binascii.a2b_uu(line))
            except binascii.Error:
                continue
    return b"".join(decoded) if inside else body
