"""METADATA (RFC 5464 section 4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from skrytka_imap.responses.strings import folder_name, nstring, string

ASTRING = re.compile(r"[^\x00-\x20\x7f-\U0010ffff(){%*\"\\]+")


def metadata_line(name: str, entries: Iterable[tuple[str, bytes | None]], *, utf8: bool = False) -> bytes:
    """RFC 5464 section 4.4.1; an empty name is the server's.

    metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
    """
    values = b" ".join([b"%b %b" % (_entry(entry), _value(value)) for entry, value in entries])
    return b"* METADATA %b (%b)\r\n" % (folder_name(name, utf8=utf8), values)


def metadata_changed_line(name: str, entries: Iterable[str], *, utf8: bool = False) -> bytes:
    """RFC 5464 section 4.4.2: entry-list = entry *(SP entry)"""
    return b"* METADATA %b %b\r\n" % (folder_name(name, utf8=utf8), b" ".join([_entry(entry) for entry in entries]))


def _entry(name: str) -> bytes:
    """entry = astring"""
    return name.encode() if ASTRING.fullmatch(name) else string(name.encode())


def _value(octets: bytes | None) -> bytes:
    """value = nstring / literal8 ; a literal8 where there is a NUL"""
    if octets is not None and b"\0" in octets:
        return b"~{%d}\r\n%b" % (len(octets), octets)
    return nstring(octets)
