"""What searches look at in a mail: its header, its fields, its body, decoded and folded by ``i;unicode-casemap`` (RFC 5051).

``search_texts`` is all of it at once, as an index keeps it. What is asked of single fields is then read from the header's text
by ``values_in``, and ``SearchTexts.regular`` says whether that gives the same as reading the header itself (``field_values``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from skrytka.mime.casemap import unicode_casemap
from skrytka.mime.encoded_words import decode_header
from skrytka.mime.headers import WHOLE_FIELD
from skrytka.mime.html import html_to_text
from skrytka.mime.scanner import scan
from skrytka.mime.structure import Part
from skrytka.mime.text import decode_text

_FIELD_END = re.compile(rb"\r?\n(?![ \t])")
_BLANKS = " \t\n\r\x0b\x0c"


class SearchTexts(msgspec.Struct, frozen=True):
    """``header``: all fields, one a line. ``part_headers``: the MIME headers of the parts. ``bodies``: texts of all kinds, and
    what mails within the mail say in their header and body. ``regular``: ``values_in(header)`` can be trusted."""

    header: str
    part_headers: list[str]
    bodies: list[str]
    regular: bool


def search_texts(octets: bytes) -> SearchTexts:
    """Everything that searches may ask for. Never fails."""
    part = scan(octets)
    header = octets[: part.body_start]
    text = header_text(header)
    return SearchTexts(text, part_header_texts(octets, part), body_texts(octets, part), _is_regular(header, text))


def text_octets(part: Part) -> int:
    """Of the headers and texts that ``search_texts`` looks at, as they were sent. Folded they may take twelve times as much."""
    octets = part.body_start - part.header_start + sum(map(text_octets, part.children))
    return (
        octets if part.children or part.media_type not in ("text", "message") else octets + part.end - part.body_start
    )


def _is_regular(header: bytes, text: str) -> bool:
    told: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if (name := _name(line)) is not None:
            told.setdefault(name, []).append(_value(line))
    return told == {unicode_casemap(name.decode()): values for name, values in field_values(header).items()}


def header_text(header: bytes) -> str:
    """All fields, decoded and folded, one a line."""
    return unicode_casemap("\n".join([decode_header(field) for field in _FIELD_END.split(header)]))


def field_values(header: bytes) -> dict[bytes, list[str]]:
    """The values of all fields, decoded and folded, by name in lower case."""
    values: dict[bytes, list[str]] = {}
    for field, name in WHOLE_FIELD.findall(header):
        text = unicode_casemap(decode_header(field.partition(b":")[2]))
        values.setdefault(name.lower(), []).append(text)
    return values


def values_in(text: str, name: bytes) -> list[str]:
    """The values of one field, by its name in lower case, from the text of a regular header."""
    wanted = unicode_casemap(name.decode("ascii", "replace"))
    return [_value(line) for line in text.split("\n") if line.startswith(wanted) and _name(line) == wanted]


def _value(line: str) -> str:
    return line.partition(":")[2].strip(_BLANKS)


def _name(line: str) -> str | None:
    name, colon, _ = line.partition(":")
    return name.rstrip(" \t") if colon else None


def part_header_texts(octets: bytes, part: Part) -> list[str]:
    """What the MIME headers of the parts within say, names of attachments among it."""
    return [text for child in part.children for text in _part_headers(octets, child)]


def _part_headers(octets: bytes, part: Part) -> Iterator[str]:
    """Of a part and those in it, as they were sent, and the parameters as they are meant (RFC 2231)."""
    yield header_text(octets[part.header_start : part.body_start])
    for _, value in (*part.parameters, *part.disposition_parameters):
        yield unicode_casemap(value)
    for child in part.children:
        yield from _part_headers(octets, child)


def body_texts(octets: bytes, part: Part) -> list[str]:
    """The texts of the body: of HTML what a reader sees. Reports on delivery and their kin (message/*) are text as well."""
    return [unicode_casemap(text) for text in _texts(octets, part)]


def _texts(octets: bytes, part: Part) -> Iterator[str]:
    if part.is_embedding_mail:
        mail = part.children[0]
        yield header_text(octets[mail.header_start : mail.body_start])
    if part.media_type == "text" or (part.media_type == "message" and not part.children):
        text = decode_text(octets, part)
        yield html_to_text(text) if part.subtype == "html" else text
    for child in part.children:
        yield from _texts(octets, child)
