"""Names of header fields."""

from __future__ import annotations

from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.header_fields import LONGEST_NAME


def header_name(cursor: Cursor) -> bytes:
    """RFC 3501 section 9: header-fld-name = astring"""
    name = cursor.astring("a header name")
    if len(name) > LONGEST_NAME:
        raise cursor.fault(f"A header name has at most {LONGEST_NAME} octets")
    return name
