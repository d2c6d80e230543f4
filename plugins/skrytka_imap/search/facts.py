"""What is known of one message while it is decided on. Each thing is worked out when a key first asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from skrytka.plugin_api import Part, mime, model
from skrytka_imap.header_fields import values_by_name
from skrytka_imap.renditions import is_embedded_mail
from skrytka_imap.search.charsets import fold

FIELD_END = re.compile(rb"\r?\n(?![ \t])")


class Facts:
    """One message. ``header`` and ``octets`` are None until they are needed; whole octets stand for the header too."""

    def __init__(self, place: int, row: model.MessageRow | None, header: bytes | None, octets: bytes | None) -> None:
        self.place = place
        self.row = row
        self.octets = octets
        self.scores: list[int] = []
        """How well the keys with FUZZY match that were asked so far (RFC 6203 section 4)."""
        self._header = header
        self._texts: dict[bytes, list[str]] = {}

    @cached_property
    def part(self) -> Part | None:
        """The part tree; None without octets."""
        return None if self.octets is None else mime.scan(self.octets)

    @cached_property
    def header(self) -> bytes | None:
        if self._header is not None or self.octets is None or self.part is None:
            return self._header
        return self.octets[: self.part.body_start]

    @cached_property
    def values(self) -> dict[bytes, list[bytes]] | None:
        """The values of all fields by name; None while the header is not known."""
        return None if self.header is None else values_by_name(self.header)

    def texts(self, name: bytes) -> list[str] | None:
        """The values of the fields with this name, decoded and folded, however many keys ask for them."""
        if self.values is None:
            return None
        if name not in self._texts:
            self._texts[name] = [fold(mime.decode_header(value)) for value in self.values.get(name, ())]
        return self._texts[name]

    @cached_property
    def header_text(self) -> str | None:
        """All fields, decoded and folded, one a line."""
        return None if self.header is None else _header_text(self.header)

    @cached_property
    def part_headers(self) -> list[str] | None:
        """What the MIME headers of the parts say, names of attachments among it; None while the octets are not known."""
        if self.octets is None or self.part is None:
            return None
        return [text for child in self.part.children for text in _part_headers(self.octets, child)]

    @cached_property
    def body_texts(self) -> list[str] | None:
        """The texts of the body, decoded and folded; None while the octets are not known."""
        if self.octets is None or self.part is None:
            return None
        return [fold(text) for text in _texts(self.octets, self.part)]


def _header_text(header: bytes) -> str:
    return fold("\n".join([mime.decode_header(field) for field in FIELD_END.split(header)]))


def _part_headers(octets: bytes, part: Part) -> Iterator[str]:
    """Of a part and those in it, as they were sent, and the parameters as they are meant (RFC 2231)."""
    yield _header_text(octets[part.header_start : part.body_start])
    for _, value in (*part.parameters, *part.disposition_parameters):
        yield fold(value)
    for child in part.children:
        yield from _part_headers(octets, child)


def _texts(octets: bytes, part: Part) -> Iterator[str]:
    """Texts of all kinds, and what mails within the mail say in their header and body."""
    if is_embedded_mail(part):
        mail = part.children[0]
        yield _header_text(octets[mail.header_start : mail.body_start])
    if part.media_type == "text":
        yield mime.decode_text(octets, part)
    for child in part.children:
        yield from _texts(octets, child)
