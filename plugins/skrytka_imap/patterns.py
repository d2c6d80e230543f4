"""Patterns of LIST: which folder names they match (RFC 3501 section 6.3.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

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
    pieces, inbox, below = (PIECES.findall(one) for one in (text, text.upper(), level.upper() + separator + rest))

    def matches(name: str) -> bool:
        if name == INBOX:
            return _match(inbox, name)
        return _match(pieces, name) or (name.startswith(INBOX + SEPARATOR) and _match(below, name))

    return matches


def may_match_below(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns may match the name or one below it, by what stands before its first wildcard."""
    wanted = name + SEPARATOR
    for pattern in patterns:
        head = WILDCARD.split(mime.nfc(pattern), 1)[0]
        if head == name or head.startswith(wanted) or (head != pattern and wanted.startswith(head)):
            return True
    return False


def _match(pieces: list[str], name: str) -> bool:
    """Follow all places of ``name`` that can be reached piece by piece: no pattern takes more than its length times that."""
    places = {0}
    for piece in pieces:
        if not places:
            return False
        if "*" in piece:
            places = set(range(min(places), len(name) + 1))
        elif "%" in piece:
            places = _within_levels(places, name)
        else:
            places = {at + len(piece) for at in places if name.startswith(piece, at)}
    return len(name) in places


def _within_levels(places: set[int], name: str) -> set[int]:
    reached: set[int] = set()
    for at in sorted(places):
        if at not in reached:
            end = name.find(SEPARATOR, at)
            reached.update(range(at, (len(name) if end < 0 else end) + 1))
    return reached
