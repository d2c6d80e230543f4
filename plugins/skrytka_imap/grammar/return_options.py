"""Parser of RETURN (...), which stands between SEARCH, or SORT, and what is searched for."""

from __future__ import annotations

import re

from skrytka_imap.commands import ReturnOption, Returns
from skrytka_imap.grammar.cursor import Cursor

RETURN = re.compile(rb" RETURN \(", re.IGNORECASE)
OPTIONS = {option.value: option for option in ReturnOption}


def return_options(cursor: Cursor) -> Returns | None:
    """RFC 4731 section 4 and RFC 5182 section 3; None where there are none. An option that is named twice counts once.

    search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    search-return-opt  = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE"
    """
    if not cursor.take(RETURN):
        return None
    options: set[ReturnOption] = set()
    while not cursor.skip(b")"):
        if options:
            cursor.space()
        options.add(_option(cursor))
    return Returns(frozenset(options or {ReturnOption.ALL}))


def _option(cursor: Cursor) -> ReturnOption:
    word = cursor.name("a return option")
    option = OPTIONS.get(word)
    if option is None:
        raise cursor.fault(f"There is no return option {word[:40]}")
    return option
