"""Header fields: where the header ends, where each field lies, its value as octets or text (RFC 5322 section 2.2)."""

from __future__ import annotations

import re
from itertools import islice

from skrytka.mime.charsets import decode_octets
from skrytka.mime.structure import Header, Part

_FOLD = re.compile(rb"\r?\n")

# field = field-name ":" unstructured CRLF, which may be folded. Blanks before the colon are obsolete syntax.
# Possessive quantifiers keep the search linear on lines that are no field at all; those are skipped.
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:(.*+(?:\n[ \t].*+)*+\n?)", re.MULTILINE)

WHOLE_FIELD = re.compile(rb"^(([^\x00-\x20:\x7f-\xff]++)[ \t]*+:.*+(?:\n[ \t].*+)*+\n?)", re.MULTILINE)
"""A field with its folds and its line end, and its name: also where the name is not what RFC 5322 allows."""


def header_end(octets: bytes, start: int, limit: int) -> int:
    """Where the body begins: after the first blank line, or ``limit`` when there is none before it."""
    if octets.startswith(b"\n", start, limit):
        return start + 1
    if octets.startswith(b"\r\n", start, limit):
        return start + 2
    usual = octets.find(b"\n\r\n", start, limit)
    bare = octets.find(b"\n\n", start, limit if usual < 0 else usual + 1)
    if bare >= 0:
        return bare + 2
    return limit if usual < 0 else usual + 3


def fields(octets: bytes, start: int, end: int, limit: int) -> tuple[Header, ...]:
    """The header fields between ``start`` and ``end``, at most ``limit``; lines that are no field are skipped."""
    matches = islice(_FIELD.finditer(octets, start, end), max(limit, 0))
    return tuple([Header(match[1], match.start(), *match.span(2)) for match in matches])


def unfold(raw: bytes) -> bytes:
    """The value on one line (RFC 5322 section 2.2.3): line ends removed, the blanks after them kept."""
    value = raw.strip()
    return _FOLD.sub(b"", value) if b"\n" in value else value


def as_text(raw: bytes) -> str:
    """A value as text, encoded words left alone; octets that are not UTF-8 read as windows-1252, NUL dropped."""
    return decode_octets(unfold(raw), "").replace("\0", "")


def header_values(octets: bytes, part: Part, name: str) -> list[bytes]:
    """The values of all fields called ``name``, folds kept, blanks around them removed."""
    wanted = name.encode("utf-8", "replace").lower()
    return [octets[field.value_start : field.end].strip() for field in part.headers if field.name.lower() == wanted]


def header_value(octets: bytes, part: Part, name: str) -> bytes | None:
    """The value of the first field called ``name`` in any case, folds kept; None without one."""
    wanted = name.encode("utf-8", "replace").lower()
    for field in part.headers:
        if field.name.lower() == wanted:
            return octets[field.value_start : field.end].strip()
    return None
