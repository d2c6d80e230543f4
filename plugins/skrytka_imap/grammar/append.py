"""Parsers of APPEND and REPLACE."""

from __future__ import annotations

import re

from skrytka.plugin_api import model
from skrytka_imap.commands import Append, AppendMessage, Catenate, Replace, Url
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.dates import date_time
from skrytka_imap.grammar.flags import flag_list
from skrytka_imap.grammar.folder_name import folder_name
from skrytka_imap.grammar.sequence_set import single_message

UTF8 = re.compile(rb"UTF8 \(", re.IGNORECASE)
CATENATE = re.compile(rb"CATENATE \(", re.IGNORECASE)


def append(cursor: Cursor) -> Append:
    """RFC 3502 section 4.

    append = "APPEND" SP mailbox 1*append-message
    """
    cursor.space()
    name = folder_name(cursor)
    messages = [append_message(cursor)]
    while cursor.has_more():
        messages.append(append_message(cursor))
    return Append(name, tuple(messages))


def replace(cursor: Cursor, *, uid: bool = False) -> Replace:
    """RFC 8508 section 4.

    replace = "REPLACE" SP seq-number SP mailbox append-message
    """
    cursor.space()
    sequence = single_message(cursor)
    cursor.space()
    name = folder_name(cursor)
    return Replace(sequence, name, append_message(cursor), uid)


def uid_replace(cursor: Cursor) -> Replace:
    """RFC 8508 section 4: uid =/ "UID" SP replace"""
    return replace(cursor, uid=True)


def append_message(cursor: Cursor) -> AppendMessage:
    """RFC 4466 section 6.

    append-message = append-opts SP append-data
    append-opts    = [SP flag-list] [SP date-time]
    append-data    = literal / literal8 / "CATENATE" SP "(" cat-part *(SP cat-part) ")" / "UTF8" SP "(" literal8 ")"
    """
    cursor.space()
    flags: model.Flags = model.Flags.NONE
    keywords: tuple[str, ...] = ()
    if cursor.peek() == b"(":
        flags, keywords = flag_list(cursor)
        cursor.space()
    internal_date = None
    if cursor.peek() == b'"':
        internal_date = date_time(cursor)
        cursor.space()
    return AppendMessage(_data(cursor), flags, keywords, internal_date)


def _data(cursor: Cursor) -> bytes | Catenate:
    """RFC 4469 section 5: append-data =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")" """
    if cursor.take(UTF8):
        return _utf8_literal(cursor)
    if not cursor.take(CATENATE):
        return _literal(cursor)
    parts = [_part(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        parts.append(_part(cursor))
    return Catenate(tuple(parts))


def _part(cursor: Cursor) -> bytes | Url:
    """RFC 4469 section 5.

    cat-part     = text-literal / url / utf8-literal ; RFC 6855 section 4
    text-literal = "TEXT" SP literal
    url          = "URL" SP astring
    """
    if cursor.take(UTF8):
        return _utf8_literal(cursor)
    word = cursor.name("TEXT or URL")
    if word not in ("TEXT", "URL"):
        raise cursor.fault(f"Expected TEXT or URL instead of {word[:40]}")
    cursor.space()
    return _literal(cursor) if word == "TEXT" else Url(cursor.astring("a URL"))


def _literal(cursor: Cursor) -> bytes:
    """RFC 3516 section 5: literal8 = "~{" number ["+"] "}" CRLF *OCTET"""
    cursor.skip(b"~")
    return cursor.literal()


def _utf8_literal(cursor: Cursor) -> bytes:
    """RFC 6855 section 4: utf8-literal = "UTF8" SP "(" literal8 ")" ; all behind the parenthesis"""
    cursor.expect(b"~")
    octets = cursor.literal()
    cursor.expect(b")")
    return octets
