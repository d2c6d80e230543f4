"""BODY from BODYSTRUCTURE: the same structure without extension data (RFC 3501 section 7.4.2)."""

from __future__ import annotations

import re
from itertools import takewhile

TOKEN = re.compile(rb"[()]|\"(?:[^\"\\]|\\.)*+\"|\{([0-9]+)\}\r\n|[^ ()]+")

BODY_FIELDS = 7
"""Type, subtype and the body-fields: what every part begins with."""
TEXT_FIELDS = BODY_FIELDS + 1

Span = tuple[int, int]


def body_from(bodystructure: bytes) -> bytes:
    """The octets of BODY, from octets that ``derive_bodystructure`` made."""
    return _Structure(bodystructure).body(0)


class _Structure:
    """The lists of a BODYSTRUCTURE: where each begins, and the spans of its items."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._lists: dict[int, list[Span]] = {}
        self._read()

    def _read(self) -> None:
        outer: list[Span] = []
        open_lists: list[tuple[int, list[Span]]] = [(-1, outer)]
        at = 0
        while match := TOKEN.search(self._octets, at):
            start, at = match.span()
            if match[0] == b"(":
                items: list[Span] = []
                self._lists[start] = items
                open_lists.append((start, items))
                continue
            if match[0] == b")":
                start, _ = open_lists.pop()
            at += int(match[1] or 0)
            open_lists[-1][1].append((start, at))

    def body(self, start: int) -> bytes:
        """The body that begins at ``start``. What stands behind the fields of its kind is extension data."""
        items = self._lists[start]
        parts = list(takewhile(self._is_list, items))
        if parts:
            bodies = b"".join([self.body(part) for part, _ in parts])
            return b"(%b %b)" % (bodies, self._slice(items[len(parts)]))
        media_type, subtype = self._slice(items[0]), self._slice(items[1])
        if media_type == b'"text"':
            return b"(%b)" % self._joined(items[:TEXT_FIELDS])
        if (media_type, subtype) == (b'"message"', b'"rfc822"'):
            envelope, body, lines = items[BODY_FIELDS : BODY_FIELDS + 3]
            before = self._joined([*items[:BODY_FIELDS], envelope])
            return b"(%b %b %b)" % (before, self.body(body[0]), self._slice(lines))
        return b"(%b)" % self._joined(items[:BODY_FIELDS])

    def _is_list(self, item: Span) -> bool:
        return item[0] in self._lists

    def _joined(self, items: list[Span]) -> bytes:
        return b" ".join([self._slice(item) for item in items])

    def _slice(self, item: Span) -> bytes:
        return self._octets[item[0] : item[1]]
