"""What STATUS, and LIST with it, may ask of a folder."""

from __future__ import annotations

from skrytka_imap.commands import StatusItem
from skrytka_imap.grammar.cursor import Cursor

ITEMS = {item.value: item for item in StatusItem}


def status_items(cursor: Cursor) -> tuple[StatusItem, ...]:
    """RFC 3501 section 9, RFC 7162 section 7, RFC 8438 section 4 and RFC 9208 section 7; each once, in the client's order.

    "(" status-att *(SP status-att) ")"
    status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "HIGHESTMODSEQ" / "DELETED" /
                 "DELETED-STORAGE" / "SIZE"
    """
    cursor.expect(b"(")
    items: dict[StatusItem, None] = {}
    while True:
        word = cursor.name("a status item")
        if (item := ITEMS.get(word)) is None:
            raise cursor.fault(f"There is no status item {word[:40]}")
        items[item] = None
        if cursor.skip(b")"):
            return tuple(items)
        cursor.space()
