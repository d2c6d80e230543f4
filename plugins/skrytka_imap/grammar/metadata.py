"""Parsers of GETMETADATA and SETMETADATA."""

from __future__ import annotations

import re

from skrytka.plugin_api import errors, metadata
from skrytka_imap.commands import Depth, GetMetadata, SetMetadata
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.folder_name import folder_name

OPTIONS = re.compile(rb" \((?=MAXSIZE|DEPTH)", re.IGNORECASE)
MOST_ENTRIES = 1_000
DEPTHS = {depth.value.upper(): depth for depth in Depth}


def get_metadata(cursor: Cursor) -> GetMetadata:
    """RFC 5464 section 5. The options may stand behind the folder too, and entries without their parentheses, as in the examples
    of sections 4.2.1 and 4.4.1.

    getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
    """
    depth, most_octets = _options(cursor) if cursor.take(OPTIONS) else (Depth.ZERO, None)
    cursor.space()
    name = folder_name(cursor)
    if cursor.take(OPTIONS):
        depth, most_octets = _options(cursor)
    cursor.space()
    return GetMetadata(name, _entries(cursor), depth, most_octets)


def set_metadata(cursor: Cursor) -> SetMetadata:
    """RFC 5464 section 5.

    setmetadata  = "SETMETADATA" SP mailbox SP entry-values
    entry-values = "(" entry-value *(SP entry-value) ")"
    entry-value  = entry SP value
    """
    cursor.space()
    name = folder_name(cursor)
    cursor.space()
    cursor.expect(b"(")
    entries: list[tuple[str, bytes | None]] = []
    while not entries or not cursor.skip(b")"):
        if entries:
            cursor.space()
        entry = _entry(cursor)
        cursor.space()
        entries.append((entry, _value(cursor)))
        _check_number(cursor, len(entries))
    return SetMetadata(name, tuple(entries))


def entry_list(cursor: Cursor) -> tuple[str, ...]:
    """entry *(SP entry) ")" ; each once"""
    found = {_entry(cursor, for_reading=True): None}
    while not cursor.skip(b")"):
        cursor.space()
        found[_entry(cursor, for_reading=True)] = None
        _check_number(cursor, len(found))
    return tuple(found)


def _options(cursor: Cursor) -> tuple[Depth, int | None]:
    """RFC 5464 section 5.

    getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    maxsize-opt         = "MAXSIZE" SP number
    scope-opt           = "DEPTH" SP ("0" / "1" / "infinity")
    """
    depth, most_octets, first = Depth.ZERO, None, True
    while first or not cursor.skip(b")"):
        if not first:
            cursor.space()
        first = False
        word = cursor.name("an option")
        cursor.space()
        if word == "MAXSIZE":
            most_octets = cursor.number()
        elif word == "DEPTH":
            depth = _depth(cursor)
        else:
            raise cursor.fault(f"There is no option {word[:40]}")
    return depth, most_octets


def _depth(cursor: Cursor) -> Depth:
    depth = DEPTHS.get(cursor.name("a depth"))
    if depth is None:
        raise cursor.fault("DEPTH is 0, 1 or infinity")
    return depth


def _entries(cursor: Cursor) -> tuple[str, ...]:
    """entries = entry / "(" entry *(SP entry) ")" """
    if cursor.skip(b"("):
        return entry_list(cursor)
    found = {_entry(cursor, for_reading=True): None}
    while cursor.has_more():
        cursor.space()
        found[_entry(cursor, for_reading=True)] = None
        _check_number(cursor, len(found))
    return tuple(found)


def _check_number(cursor: Cursor, count: int) -> None:
    if count > MOST_ENTRIES:
        raise cursor.fault(f"A command names at most {MOST_ENTRIES} entries", b"LIMIT")


def _entry(cursor: Cursor, *, for_reading: bool = False) -> str:
    """entry = astring ; slash-separated path to entry, MUST NOT contain "*" or "%" """
    octets = cursor.astring("the name of an entry")
    try:
        return metadata.normalised(octets.decode("latin-1"), for_reading=for_reading)
    except errors.Invalid as invalid:
        raise cursor.fault(invalid.faults[0].reason) from None


def _value(cursor: Cursor) -> bytes | None:
    """value = nstring / literal8"""
    if cursor.nil():
        return None
    if cursor.skip(b"~"):
        return cursor.literal()
    return cursor.string("a value")
