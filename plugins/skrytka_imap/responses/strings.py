"""Strings: quoted where the grammar lets them be, else literals."""

from __future__ import annotations

import re

from skrytka_imap import utf7

PLAIN = re.compile(rb"[\x20\x21\x23-\x5b\x5d-\x7e\t]*\Z")
QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*\Z")
SPECIAL = re.compile(rb"([\"\\])")


def string(octets: bytes) -> bytes:
    """RFC 3501 section 9. Neither form can hold a NUL, which is left out.

    string         = quoted / literal
    quoted         = DQUOTE *QUOTED-CHAR DQUOTE
    QUOTED-CHAR    = <any TEXT-CHAR except quoted-specials> / "\\" quoted-specials
    """
    if PLAIN.match(octets):
        return b'"%b"' % octets
    octets = octets.replace(b"\0", b"")
    if QUOTABLE.match(octets):
        return b'"%b"' % SPECIAL.sub(rb"\\\1", octets)
    return literal_prefix(len(octets)) + octets


def nstring(octets: bytes | None) -> bytes:
    """nstring = string / nil"""
    return b"NIL" if octets is None else string(octets)


def folder_name(name: str, *, utf8: bool) -> bytes:
    """RFC 3501 section 5.1.3, modified UTF-7; or after ENABLE UTF8=ACCEPT a quoted string in UTF-8 (RFC 6855 section 3)."""
    if not utf8:
        return string(utf7.encode(name))
    return b'"%b"' % SPECIAL.sub(rb"\\\1", name.encode())


def literal_prefix(size: int) -> bytes:
    """literal = "{" number "}" CRLF *CHAR8 ; all but the octets themselves, which may be too many to copy"""
    return b"{%d}\r\n" % size
