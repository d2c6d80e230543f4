"""Patterns of LIST: which folder names they match (RFC 3501 section 6.3.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from skrytka.plugin_api import mime

SEPARATOR = "/"
INBOX = "INBOX"
PIECES = re.compile(r"[*%]+|[^*%]+")
WILDCARD = re.compile(r"[*%]")


def matcher(reference: str, pattern: str) -> Callable[[str], bool]:
    """Whether a name matches: ``*`` is anything, ``%`` anything within a level, INBOX is matched in any case,
    also as the first level of others.

    The reference goes before the pattern as it stands (RFC 3501 section 6.3.8 leaves its meaning to the server), both in the
    normal form in which names are stored.
    """
    text = mime.nfc(reference + pattern)
    level, separator, rest = text.partition(SEPARATOR)
    plainly, as_inbox, below_inbox = map(_matcher, (text, text.upper(), level.upper() + separator + rest))

    def matches(name: str) -> bool:
        if name == INBOX:
            return as_inbox(name)
        return plainly(name) or (name.startswith(INBOX + SEPARATOR) and below_inbox(name))

    return matches


def may_match_below(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns may match the name or one below it, by what stands before its first wildcard."""
    wanted = name + SEPARATOR
    for pattern in patterns:
        head = WILDCARD.split(mime.nfc(pattern), 1)[0]
        if head == name or head.startswith(wanted) or (head != pattern and wanted.startswith(head)):
            return True
    return False


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Follows all places of a name that can be reached, each a bit of a number, piece by piece: no name takes more steps than it
    has characters, however many ways there are to match it."""
    pieces = PIECES.findall(pattern)
    shortest = sum(len(piece) for piece in pieces if piece[0] not in "*%")

    def matches(name: str) -> bool:
        if len(name) < shortest:
            return False
        places, end = 1, 1 << len(name)
        for piece in pieces:
            if "*" in piece:
                places = 2 * end - (places & -places)  # from the first on
            elif "%" in piece:
                places = _within_levels(places, name)
            else:
                places = _behind(piece, places, name)
            if not places:
                return False
        return places & end != 0

    return matches


def _behind(piece: str, places: int, name: str) -> int:
    if _is_one(places):  # as with most patterns
        return places << len(piece) if name.startswith(piece, places.bit_length() - 1) else 0
    for character in piece:
        places = (places & _places_of(name, character)) << 1
    return places


def _within_levels(places: int, name: str) -> int:
    """Each place, and those behind it up to the next separator: the addition carries it there."""
    if _is_one(places):
        end = name.find(SEPARATOR, places.bit_length() - 1)
        return (2 << (len(name) if end < 0 else end)) - places
    others = _places_of(name, SEPARATOR) ^ (1 << len(name)) - 1
    return ((places & others) + others) ^ others | places


def _is_one(places: int) -> bool:
    return places & (places - 1) == 0


@lru_cache(maxsize=256)
def _places_of(name: str, character: str) -> int:
    return sum(1 << place for place, one in enumerate(name) if one == character)
