"""Encoded words (RFC 2047): header values as people read them."""

from __future__ import annotations

import binascii
import re

from skrytka.mime.charsets import decode_octets
from skrytka.mime.headers import as_text

# encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="; the language is RFC 2231's.
# Blanks within the text are forbidden and common.
_WORD = re.compile(r"=\?([^?\s*]{1,64})(?:\*[^?\s]{0,64})?\?([bBqQ])\?([^?\r\n]*+)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_header(raw: bytes) -> str:
    """A header value as text. Never fails: what is no proper encoded word stays as it is."""
    text = as_text(raw)
    return _decode_words(text) if "=?" in text else text


def _decode_words(text: str) -> str:
    """Replace the encoded words. Blanks between two of them do not count, and neighbours in one charset are decoded
    together, because senders split words in the middle of a character."""
    done: list[str] = []
    pending: list[bytes] = []
    charset = ""
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        adjacent = position > 0 and not between.strip()
        if not adjacent or match[1].lower() != charset:
            done.append(decode_octets(b"".join(pending), charset))
            pending = []
            if not adjacent:
                done.append(between)
            charset = match[1].lower()
        pending.append(_decode_text(match[2], match[3]))
        position = match.end()
    done.extend((decode_octets(b"".join(pending), charset), text[position:]))
    return "".join(done).replace("\0", "")


def _decode_text(encoding: str, text: str) -> bytes:
    octets = text.encode()
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    return decode_base64(octets)


def decode_base64(octets: bytes) -> bytes:
    """What base64 octets say, as far as they say anything: other octets are skipped and missing padding is added."""
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        digits = _NOT_BASE64.sub(b"", octets)
        if len(digits) % 4 == 1:
            digits = digits[:-1]
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
