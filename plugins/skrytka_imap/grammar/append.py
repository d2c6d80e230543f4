"""Parser of APPEND."""

from __future__ import annotations

from skrytka.plugin_api import model
from skrytka_imap.commands import Append
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.dates import date_time
from skrytka_imap.grammar.flags import flag_list
from skrytka_imap.grammar.folder_name import folder_name


def append(cursor: Cursor) -> Append:
    """RFC 3501 section 9.

    append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
    """
    cursor.space()
    name = folder_name(cursor)
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
    return Append(name, cursor.literal(), flags, keywords, internal_date)
