"""Parser of what a filter stands for."""

from __future__ import annotations

import re

from skrytka_imap.commands import Criteria
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Framing, Limits, LiteralWanted
from skrytka_imap.grammar.cursor import ATOM, Cursor
from skrytka_imap.grammar.search import criteria

VALUE_ENTRY = re.compile(r"/(?:private|shared)/filters/values/([^/]+)")
"""The entry of the server that holds a filter (RFC 5466 section 3.2), and its name."""


def filter_value(octets: bytes) -> Criteria:
    """RFC 5466 section 4: search-criteria, in UTF-8. Literals are in it as in a command."""
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("A filter is in UTF-8") from None
    framing = Framing(Limits(line_octets=len(octets), literal_octets=len(octets)))
    framing.receive(octets + b"\r\n")
    event = framing.next_event()
    while isinstance(event, LiteralWanted):
        event = framing.next_event()
    if not isinstance(event, CommandReceived) or framing.in_command:
        raise SyntaxFault("A filter is one line, but for its literals")
    cursor = Cursor(event.pieces, utf8=True)
    found = criteria(cursor)
    cursor.end()
    return found


def check_filter(entry: str, octets: bytes) -> None:
    """An entry of the server that is to hold a filter holds one that can be named, and searched by."""
    named = VALUE_ENTRY.fullmatch(entry)
    if named is None:
        return
    if ATOM.fullmatch(named[1].encode("latin-1")) is None:
        raise SyntaxFault("The name of a filter is an atom")
    filter_value(octets)
