"""What clients ask again and again in the same words is read once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar.cursor import Cursor

T = TypeVar("T")

MOST_OCTETS = 256
"""What is longer is read every time: the octets of clients that are kept are few."""

MOST_KEPT = 512


def remembering(parser: Callable[[Cursor], T]) -> Callable[[Cursor], T]:
    """A parser of the whole rest of a command, with a memory that all sessions share. Not for what is secret.

    Faults are not remembered: they name the tag and the place of the command at hand.
    """

    @lru_cache(MOST_KEPT)
    def known(rest: bytes, utf8: bool) -> T:
        cursor = Cursor((rest,), utf8=utf8)
        parsed = parser(cursor)
        cursor.end()
        return parsed

    @wraps(parser)
    def remembered(cursor: Cursor) -> T:
        rest = cursor.rest()
        if rest is None or len(rest) > MOST_OCTETS:
            return parser(cursor)
        try:
            parsed = known(rest, cursor.utf8)
        except SyntaxFault:
            return parser(cursor)
        cursor.skip(rest)
        return parsed

    return remembered
