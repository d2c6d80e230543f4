"""Parser of RETURN (...), which stands between SEARCH, or SORT, and what is searched for."""

from __future__ import annotations

import re

from skrytka_imap.commands import FetchItem, PartialRange, ReturnOption, Returns
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.fetch import fetch_items
from skrytka_imap.grammar.partial_range import partial_range

RETURN = re.compile(rb" RETURN \(", re.IGNORECASE)
ITEMS_NEXT = re.compile(rb" ?(?=\()")
OPTIONS = {option.value: option for option in ReturnOption}


def return_options(cursor: Cursor) -> Returns | None:
    """RFC 4731 section 4, RFC 5182, 5267, 5465, 6203 and 9394; None where there are none.

    search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    search-return-opt  = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / "CONTEXT" /
                         "UPDATE" [[SP] "(" fetch-att *(SP fetch-att) ")"] / "RELEVANCY" / "PARTIAL" SP partial-range
    """
    if not cursor.take(RETURN):
        return None
    options: set[ReturnOption] = set()
    partial: PartialRange | None = None
    items: tuple[FetchItem, ...] = ()
    while not cursor.skip(b")"):
        if options or partial is not None:
            cursor.space()
        word = cursor.name("a return option")
        if word == "PARTIAL":
            if partial is not None:
                raise cursor.fault("PARTIAL stands once")
            cursor.space()
            partial = partial_range(cursor)
        else:
            options.add(_option(cursor, word))
            if word == "UPDATE" and cursor.take(ITEMS_NEXT):
                items = tuple(fetch_items(cursor))
    if partial is None:
        return Returns(frozenset(options or {ReturnOption.ALL}), None, items)
    if ReturnOption.ALL in options:
        raise cursor.fault("It is either PARTIAL or ALL")
    return Returns(frozenset(options), partial, items)


def _option(cursor: Cursor, word: str) -> ReturnOption:
    option = OPTIONS.get(word)
    if option is None:
        raise cursor.fault(f"There is no return option {word[:40]}")
    return option
