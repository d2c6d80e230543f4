"""Charsets as mail names them. Every decoding succeeds: what a charset cannot say becomes U+FFFD."""

from __future__ import annotations

import codecs
import functools

FALLBACK = "windows-1252"
"""What unlabelled octets are when they are not UTF-8: the charset of most mail that lies about ASCII."""

# Names that Python does not know, and narrow charsets whose wider successors are what senders really use.
_ALIASES = {
    "ansi": "cp1252",
    "ascii": "",
    "us-ascii": "",
    "ansi_x3.4-1968": "",
    "unknown-8bit": "",
    "x-unknown": "",
    "default": "",
    "default_charset": "",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "iso-8859-11": "cp874",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "cp950",
    "x-big5": "cp950",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
}

# Text codecs of Python that are no charset of mail; some take time quadratic in their input.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "undefined"}
)


@functools.lru_cache(maxsize=256)
def codec_name(charset: str) -> str:
    """Python's codec for a charset; ``""`` for ASCII and for unknown names, decoded by looking at the octets."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # The one way to tell charsets from codecs such as base64; ``bytes.decode`` refuses by the same attribute.
    is_text: bool = getattr(codec, "_is_text_encoding", True)
    return codec.name if is_text and codec.name not in _NO_CHARSETS and codec.name != "ascii" else ""


def decode_octets(octets: bytes, charset: str) -> str:
    """Text of octets in a charset; ``""`` or an unknown charset means UTF-8 if they are that, else windows-1252."""
    codec = codec_name(charset) if charset else ""
    if not codec:
        return _decode_unlabelled(octets)
    try:
        text = octets.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return _decode_unlabelled(octets)
    return text if text.isascii() else _without_surrogates(text)


def _decode_unlabelled(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode(FALLBACK, "replace")


def _without_surrogates(text: str) -> str:
    """UTF-7 and UTF-16 may yield lone surrogates, which nothing downstream could encode."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
