"""Parser of the folders that a command is about."""

from __future__ import annotations

from skrytka_imap.commands import Source, SourceKind
from skrytka_imap.commands.sources import NAMED
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.folder_name import folder_name

KINDS = {kind.value: kind for kind in SourceKind}
MOST_NAMES = 1_000


def source(cursor: Cursor) -> Source:
    """RFC 5465 section 8 and RFC 7377 section 3; "selected-delayed" is for NOTIFY alone.

    filter-mailboxes    = "selected" / "inboxes" / "personal" / "subscribed" /
                          ("subtree" / "subtree-one" / "mailboxes") SP one-or-more-mailbox
    one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
    """
    word = cursor.name("which folders")
    kind = KINDS.get(word)
    if kind is None:
        raise cursor.fault(f"There is no source {word[:40]}")
    if kind not in NAMED:
        return Source(kind)
    cursor.space()
    if not cursor.skip(b"("):
        return Source(kind, (folder_name(cursor),))
    names = [folder_name(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        names.append(folder_name(cursor))
        if len(names) > MOST_NAMES:
            raise cursor.fault(f"A source names at most {MOST_NAMES} folders")
    return Source(kind, tuple(names))
