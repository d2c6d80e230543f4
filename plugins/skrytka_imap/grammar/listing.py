"""Parser of LIST."""

from __future__ import annotations

import re

import msgspec

from skrytka_imap.commands import List, Selection, StatusItem
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.folder_name import folder_name, pattern
from skrytka_imap.grammar.metadata import entry_list
from skrytka_imap.grammar.status_items import status_items

RETURN = re.compile(rb" RETURN \(", re.IGNORECASE)

SELECTIONS = {option.value: option for option in Selection}
RETURN_OPTIONS = {"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"}
BASES = {Selection.SUBSCRIBED, Selection.SPECIAL_USE}


def list_folders(cursor: Cursor) -> List:
    """RFC 3501 section 9 and RFC 5258 section 6.

    list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP "RETURN" SP "(" [return-option *(SP return-option)] ")"]
    """
    cursor.space()
    selects = cursor.skip(b"(")
    selection = _selection(cursor) if selects else frozenset()
    if selects:
        cursor.space()
    reference = folder_name(cursor)
    cursor.space()
    several = cursor.skip(b"(")
    patterns = _patterns(cursor) if several else (pattern(cursor),)
    returns = cursor.take(RETURN) is not None  # spaces may stand at the end of a line
    asked = _return_options(cursor) if returns else Returned()
    extended = selects or several or returns
    subscribed = "SUBSCRIBED" in asked.options or Selection.SUBSCRIBED in selection
    rights = "MYRIGHTS" in asked.options
    return List(reference, patterns, extended, selection, subscribed, asked.status, asked.metadata, rights)


def _selection(cursor: Cursor) -> frozenset[Selection]:
    """RFC 5258 section 6; SPECIAL-USE: RFC 6154 section 6. RECURSIVEMATCH says how others match, and needs one of them.

    list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
    """
    found: set[Selection] = set()
    while not cursor.skip(b")"):
        if found:
            cursor.space()
        word = cursor.name("a selection option")
        if (option := SELECTIONS.get(word)) is None:
            raise cursor.fault(f"There is no selection option {word[:40]}")
        found.add(option)
    if Selection.RECURSIVEMATCH in found and not found & BASES:
        raise cursor.fault("RECURSIVEMATCH goes with SUBSCRIBED or SPECIAL-USE")
    return frozenset(found)


def _patterns(cursor: Cursor) -> tuple[str, ...]:
    """patterns = "(" list-mailbox *(SP list-mailbox) ")" """
    found = [pattern(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        found.append(pattern(cursor))
    return tuple(found)


class Returned(msgspec.Struct, frozen=True):
    """What RETURN asks for: the options that have no values, and those of the others."""

    options: frozenset[str] = frozenset()
    status: tuple[StatusItem, ...] = ()
    metadata: tuple[str, ...] = ()


def _return_options(cursor: Cursor) -> Returned:
    """RFC 5258 section 6, RFC 5819 section 3, RFC 6154 section 6, RFC 8440 section 5, RFC 9590 section 5.

    return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" /
                    "STATUS" SP "(" status-att *(SP status-att) ")" / "METADATA" SP "(" entry *(SP entry) ")"
    """
    options: set[str] = set()
    first = True
    status: tuple[StatusItem, ...] = ()
    metadata: tuple[str, ...] = ()
    while not cursor.skip(b")"):
        if not first:
            cursor.space()
        first = False
        word = cursor.name("a return option")
        if word == "STATUS":
            cursor.space()
            status = status_items(cursor)
        elif word == "METADATA":
            cursor.space()
            cursor.expect(b"(")
            metadata = entry_list(cursor)
        elif word in RETURN_OPTIONS:
            options.add(word)
        else:
            raise cursor.fault(f"There is no return option {word[:40]}")
    return Returned(frozenset(options), status, metadata)
