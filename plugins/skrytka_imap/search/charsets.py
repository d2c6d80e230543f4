"""What a client searches for, as text."""

from __future__ import annotations

import codecs
import re

from skrytka.plugin_api import mime

KNOWN_CHARSETS = (b"US-ASCII", b"UTF-8")
"""What BADCHARSET names: every client can send one of these. Every text codec of Python is understood besides."""

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}\Z")
NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python from octets to text that are no charsets, by the names that they give themselves."""


class BadCharset(Exception):
    """The charset of a SEARCH is not known, or its strings are not in it."""


def decoder(charset: str | None) -> codecs.CodecInfo:
    """The codec of a charset; without one strings should be ASCII, and UTF-8 is what they are otherwise."""
    if charset is None:
        return codecs.lookup("utf-8")
    if LABEL.match(charset) is None:
        raise BadCharset
    try:
        codec = codecs.lookup(charset)
    except LookupError:
        raise BadCharset from None
    if codec.name in NO_CHARSETS or not codec._is_text_encoding:
        raise BadCharset
    return codec


def needle(octets: bytes, codec: codecs.CodecInfo) -> str:
    """The text to look for, folded by ``i;unicode-casemap`` (RFC 5051), as are the texts that it is looked for in."""
    try:
        text, _ = codec.decode(octets, "strict")
    except UnicodeError:
        raise BadCharset from None
    return mime.unicode_casemap(text)
