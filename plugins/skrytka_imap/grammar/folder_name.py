"""Folder names and patterns."""

from __future__ import annotations

from skrytka_imap import utf7
from skrytka_imap.grammar.cursor import LIST_MAILBOX, Cursor


def folder_name(cursor: Cursor) -> str:
    """RFC 3501 section 9. A name that is not modified UTF-7 (section 5.1.3) is an astring all the same: NO, not BAD.

    mailbox = "INBOX" / astring ; INBOX is case-insensitive
    """
    name = _decode(cursor, cursor.astring("a folder name"))
    return "INBOX" if name.upper() == "INBOX" else name


def pattern(cursor: Cursor) -> str:
    """RFC 3501 section 9.

    list-mailbox = 1*list-char / string
    list-char    = ATOM-CHAR / list-wildcards / resp-specials
    """
    match = cursor.take(LIST_MAILBOX)
    return _decode(cursor, match[0] if match is not None else cursor.string("a pattern"))


def _decode(cursor: Cursor, octets: bytes) -> str:
    if cursor.utf8:
        return _net_unicode(cursor, octets)
    try:
        return utf7.decode(octets)
    except ValueError:
        raise cursor.fault("The folder name is not modified UTF-7", b"CANNOT") from None


def _net_unicode(cursor: Cursor, octets: bytes) -> str:
    """RFC 6855 section 3: UTF-8 without line and paragraph separators; no folder is called by a control character anyway."""
    name = cursor.text(octets, "The folder name")
    if "\u2028" in name or "\u2029" in name:
        raise cursor.fault("The folder name has a line separator in it", b"CANNOT")
    return name
