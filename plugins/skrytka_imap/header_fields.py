"""Fields of a header by their names, whole with their folds: for ``BODY[HEADER.FIELDS (...)]`` and SEARCH.

One pattern finds all fields, and names are looked up: that is quicker than a pattern made of the names, and a client's names
never become one, which takes 3 us an octet.
"""

from __future__ import annotations

import re
from functools import lru_cache

from skrytka.plugin_api import mime

LONGEST_NAME = 998
"""No line of a mail is longer (RFC 5322 section 2.1.1), so no field has a longer name."""

_NAME = re.compile(rb"[^\x00-\x20:\x7f-\xff]+\Z")
_BLANKS = (b" ", b"\t")


def fields_named(header: bytes, names: tuple[bytes, ...]) -> bytes:
    """The fields with one of these names, in their order."""
    wanted = _in_lower_case(names)
    return b"".join([field for field, name in mime.WHOLE_FIELD.findall(header) if name.lower() in wanted])


@lru_cache(16)
def _in_lower_case(names: tuple[bytes, ...]) -> frozenset[bytes]:
    """The same of all mails of a command."""
    return frozenset(name.lower() for name in names)


def without_fields(header: bytes, names: tuple[bytes, ...]) -> bytes:
    """All of the header but these fields."""
    unwanted = _in_lower_case(names)
    return mime.WHOLE_FIELD.sub(lambda field: b"" if field[2].lower() in unwanted else field[1], header)


def values_named(header: bytes, name: bytes) -> list[bytes]:
    """The values of the fields with this name, which is in lower case: half the work of ``values_by_name``."""
    if not _NAME.match(name):
        return []
    lines = b"\n" + header.lower()
    start = b"\n" + name
    values: list[bytes] = []
    found = lines.find(start)
    while found >= 0:
        end = colon = _after_blanks(lines, found + len(start))
        if lines.startswith(b":", colon):
            end = lines.find(b"\n", colon)
            while end >= 0 and lines.startswith(_BLANKS, end + 1):
                end = lines.find(b"\n", end + 1)
            values.append(header[colon:] if end < 0 else header[colon:end])
        found = lines.find(start, end) if end >= 0 else -1
    return values


def _after_blanks(octets: bytes, at: int) -> int:
    while octets.startswith(_BLANKS, at):
        at += 1
    return at


def values_by_name(header: bytes) -> dict[bytes, list[bytes]]:
    """The values of all fields, by name in lower case."""
    values: dict[bytes, list[bytes]] = {}
    for field, name in mime.WHOLE_FIELD.findall(header):
        values.setdefault(name.lower(), []).append(field.partition(b":")[2])
    return values
