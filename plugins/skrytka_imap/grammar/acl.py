"""Parsers of the commands about rights (RFC 4314 section 7)."""

from __future__ import annotations

import unicodedata
from typing import Literal

from skrytka.plugin_api import errors, rights
from skrytka_imap.commands import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.folder_name import folder_name

Mode = Literal["replace", "add", "remove"]
MODES: dict[str, Mode] = {"+": "add", "-": "remove"}


def set_acl(cursor: Cursor) -> SetAcl:
    """setacl = "SETACL" SP mailbox SP identifier SP mod-rights"""
    name, identifier = _name(cursor), _identifier(cursor)
    cursor.space()
    return SetAcl(name, identifier, *_mod_rights(cursor))


def delete_acl(cursor: Cursor) -> DeleteAcl:
    """deleteacl = "DELETEACL" SP mailbox SP identifier"""
    return DeleteAcl(_name(cursor), _identifier(cursor))


def get_acl(cursor: Cursor) -> GetAcl:
    """getacl = "GETACL" SP mailbox"""
    return GetAcl(_name(cursor))


def list_rights(cursor: Cursor) -> ListRights:
    """listrights = "LISTRIGHTS" SP mailbox SP identifier"""
    return ListRights(_name(cursor), _identifier(cursor))


def my_rights(cursor: Cursor) -> MyRights:
    """myrights = "MYRIGHTS" SP mailbox"""
    return MyRights(_name(cursor))


def _name(cursor: Cursor) -> str:
    cursor.space()
    return folder_name(cursor)


def _identifier(cursor: Cursor) -> str:
    """identifier = astring

    Section 3: one that is empty, or has characters that SASLprep prohibits, is BAD. The service does the rest of the preparation,
    which is that of an address.
    """
    cursor.space()
    identifier = cursor.text(cursor.astring("an identifier"), "The identifier")
    if not identifier.strip() or any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in identifier):
        raise cursor.fault("That can be nobody's identifier")
    return identifier


def _mod_rights(cursor: Cursor) -> tuple[Mode, rights.Rights]:
    """mod-rights = astring ; +rights to add, -rights to remove, rights to replace

    A right that is not known is BAD, upper-case letters among them (section 3.1).
    """
    text = cursor.text(cursor.astring("rights"), "The rights")
    mode: Mode = MODES.get(text[:1], "replace")
    try:
        return mode, rights.parse(text if mode == "replace" else text[1:])
    except errors.Invalid as invalid:
        raise cursor.fault(invalid.faults[0].reason.capitalize()) from None
