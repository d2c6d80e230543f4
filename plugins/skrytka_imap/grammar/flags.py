"""Flags and keywords."""

from __future__ import annotations

import re

from skrytka.plugin_api import model
from skrytka_imap.grammar.cursor import Cursor

SYSTEM_FLAG = re.compile(rb"\\([^\x00-\x20\x7f-\xff(){%*\"\\\]]+)")
SYSTEM_FLAGS = {
    b"answered": model.Flags.ANSWERED,
    b"flagged": model.Flags.FLAGGED,
    b"deleted": model.Flags.DELETED,
    b"seen": model.Flags.SEEN,
    b"draft": model.Flags.DRAFT,
}

FlagList = tuple[model.Flags, tuple[str, ...]]


def flag_list(cursor: Cursor) -> FlagList:
    """RFC 3501 section 9.

    flag-list = "(" [flag *(SP flag)] ")"
    """
    cursor.expect(b"(")
    if cursor.skip(b")"):
        return model.Flags.NONE, ()
    found = flags(cursor)
    cursor.expect(b")")
    return found


def flags(cursor: Cursor) -> FlagList:
    r"""RFC 3501 section 9. No client may set \Recent, and we define no flag-extension: both are syntax errors, as in Dovecot.

    flag         = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
    flag-keyword = atom
    """
    system = model.Flags.NONE
    keywords: dict[str, str] = {}
    while True:
        match = cursor.take(SYSTEM_FLAG)
        if match is not None:
            system |= _system_flag(cursor, match[1])
        else:
            keyword = cursor.atom("a flag")
            keywords.setdefault(keyword.lower(), keyword)
        if not cursor.skip(b" "):
            return system, tuple(keywords.values())


def _system_flag(cursor: Cursor, name: bytes) -> model.Flags:
    flag = SYSTEM_FLAGS.get(name.lower())
    if flag is None:
        raise cursor.fault(f"No client can set the flag \\{name[:40].decode('ascii')}")
    return flag
