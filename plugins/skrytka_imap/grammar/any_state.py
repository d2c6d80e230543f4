"""Parsers of the commands of any state."""

from __future__ import annotations

from skrytka_imap.commands import Capability, Id, Language, Logout, Noop
from skrytka_imap.grammar.cursor import Cursor

MOST_ID_PARAMETERS = 30
"""RFC 2971 section 3.3."""

MOST_LANGUAGES = 100
LONGEST_LANGUAGE = 100


def capability(_: Cursor) -> Capability:
    """command-any = "CAPABILITY" / "LOGOUT" / "NOOP" / x-command"""
    return Capability()


def noop(_: Cursor) -> Noop:
    return Noop()


def logout(_: Cursor) -> Logout:
    return Logout()


def language(cursor: Cursor) -> Language:
    """RFC 5255 section 3.5: language-cmd = "LANGUAGE" *(SP lang-range-quoted) ; each an astring"""
    ranges: list[str] = []
    while cursor.skip(b" ") and cursor.has_more():
        ranges.append(cursor.text(cursor.astring("a language"), "A language"))
        if len(ranges) > MOST_LANGUAGES or len(ranges[-1]) > LONGEST_LANGUAGE:
            raise cursor.fault(f"LANGUAGE takes at most {MOST_LANGUAGES} languages of {LONGEST_LANGUAGE} characters")
    return Language(tuple(ranges))


def identify(cursor: Cursor) -> Id:
    """RFC 2971 section 4. What is not UTF-8 is only ever shown: it is replaced.

    id             = "ID" SPACE id_params_list
    id_params_list = "(" #(string SPACE nstring) ")" / nil
    """
    cursor.space()
    if cursor.nil():
        return Id(())
    cursor.expect(b"(")
    parameters: list[tuple[str, str | None]] = []
    while not cursor.skip(b")"):
        if len(parameters) == MOST_ID_PARAMETERS:
            raise cursor.fault(f"ID takes at most {MOST_ID_PARAMETERS} pairs")
        if parameters:
            cursor.space()
        field = cursor.string("a string")
        cursor.space()
        value = None if cursor.nil() else cursor.string("a string or NIL").decode("utf-8", "replace")
        parameters.append((field.decode("utf-8", "replace"), value))
    return Id(tuple(parameters))
