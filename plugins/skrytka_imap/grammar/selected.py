"""Parsers of the commands of the selected state, but for FETCH and SEARCH."""

from __future__ import annotations

import re
from typing import Literal

from skrytka_imap.commands import Check, Close, Copy, Expunge, Move, Store, UidBatches, Unselect
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, Cursor
from skrytka_imap.grammar.flags import flag_list, flags
from skrytka_imap.grammar.folder_name import folder_name
from skrytka_imap.grammar.sequence_set import sequence_set

STORE_ITEM = re.compile(rb"([+-]?)FLAGS(\.SILENT)?(?= )", re.IGNORECASE)
UNCHANGED_SINCE = re.compile(rb"\(UNCHANGEDSINCE ", re.IGNORECASE)
MODES: dict[bytes, Literal["add", "remove", "replace"]] = {b"+": "add", b"-": "remove", b"": "replace"}


def check(_: Cursor) -> Check:
    """command-select = "CHECK" / "CLOSE" / "EXPUNGE" / copy / fetch / store / uid / search"""
    return Check()


def close(_: Cursor) -> Close:
    return Close()


def unselect(_: Cursor) -> Unselect:
    """RFC 3691 section 4: command-select /= "UNSELECT" """
    return Unselect()


def expunge(_: Cursor) -> Expunge:
    return Expunge()


def uid_expunge(cursor: Cursor) -> Expunge:
    """RFC 4315 section 4: uid-expunge = "UID" SP "EXPUNGE" SP sequence-set"""
    cursor.space()
    return Expunge(sequence_set(cursor))


def copy(cursor: Cursor, *, uid: bool = False) -> Copy:
    """copy = "COPY" SP sequence-set SP mailbox"""
    cursor.space()
    sequence = sequence_set(cursor)
    cursor.space()
    return Copy(sequence, folder_name(cursor), uid)


def uid_copy(cursor: Cursor) -> Copy:
    """uid = "UID" SP (copy / fetch / search / store)"""
    return copy(cursor, uid=True)


def move(cursor: Cursor, *, uid: bool = False) -> Move:
    """RFC 6851 section 6: move = "MOVE" SP sequence-set SP mailbox"""
    cursor.space()
    sequence = sequence_set(cursor)
    cursor.space()
    return Move(sequence, folder_name(cursor), uid)


def uid_move(cursor: Cursor) -> Move:
    return move(cursor, uid=True)


def store(cursor: Cursor, *, uid: bool = False) -> Store:
    """RFC 3501 section 9 and RFC 7162 section 7.

    store           = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags
    store-modifiers = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"
    store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
    """
    cursor.space()
    sequence = sequence_set(cursor)
    cursor.space()
    unchanged_since = None
    if cursor.take(UNCHANGED_SINCE):
        unchanged_since = cursor.number(LARGEST_MODSEQ)
        cursor.expect(b") ")
    match = cursor.take(STORE_ITEM)
    if match is None:
        raise cursor.fault("Expected FLAGS, +FLAGS or -FLAGS, or one of them with .SILENT")
    cursor.space()
    system, keywords = flag_list(cursor) if cursor.peek() == b"(" else flags(cursor)
    return Store(sequence, MODES[match[1]], system, keywords, match[2] is not None, uid, unchanged_since)


def uid_store(cursor: Cursor) -> Store:
    return store(cursor, uid=True)


def uid_batches(cursor: Cursor) -> UidBatches:
    """RFC 10022 section 4: message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]"""
    cursor.space()
    size = _nz_number(cursor)
    if not cursor.skip(b" ") or not cursor.peek():
        return UidBatches(size)
    first = _nz_number(cursor)
    cursor.expect(b":")
    return UidBatches(size, (first, _nz_number(cursor)))


def _nz_number(cursor: Cursor) -> int:
    """nz-number = digit-nz *DIGIT ; Non-zero unsigned 32-bit integer"""
    number = cursor.number()
    if not number:
        raise cursor.fault("A number here is at least 1")
    return number
