"""What is known of one message while it is decided on. Each thing is worked out when a key first asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from skrytka.plugin_api import Part, mime, model
from skrytka_imap.renditions import is_embedded_mail
from skrytka_imap.search.charsets import fold
from skrytka_imap.sections import fields_named

FIELD_END = re.compile(rb"\r?\n(?![ \t])")


class Facts:
    """One message. ``header`` and ``octets`` are None until they are needed; whole octets stand for the header too."""

    def __init__(self, place: int, row: model.MessageRow | None, header: bytes | None, octets: bytes | None) -> None:
        self.place = place
        self.row = row
        self.octets = octets
        self._header = header

    @cached_property
    def part(self) -> Part | None:
        """The part tree; None without octets."""
        return None if self.octets is None else mime.scan(self.octets)

    @cached_property
    def header(self) -> bytes | None:
        if self._header is not None or self.octets is None or self.part is None:
            return self._header
        return self.octets[: self.part.body_start]

    def raw_values(self, name: bytes) -> list[bytes] | None:
        """The values of the fields with this name; None while the header is not known."""
        if self.header is None:
            return None
        return [field.partition(b":")[2] for field in fields_named((name,)).findall(self.header)]

    @cached_property
    def header_text(self) -> str | None:
        """All fields, decoded and folded, one a line."""
        return None if self.header is None else _header_text(self.header)

    @cached_property
    def body_texts(self) -> list[str] | None:
        """The texts of the body, decoded and folded; None while the octets are not known."""
        if self.octets is None or self.part is None:
            return None
        return [fold(text) for text in _texts(self.octets, self.part)]


def _header_text(header: bytes) -> str:
    return fold("\n".join([mime.decode_header(field) for field in FIELD_END.split(header)]))


def _texts(octets: bytes, part: Part) -> Iterator[str]:
    """Texts of all kinds, and what mails within the mail say in their header and body."""
    if is_embedded_mail(part):
        mail = part.children[0]
        yield _header_text(octets[mail.header_start : mail.body_start])
    if part.media_type == "text":
        yield mime.decode_text(octets, part)
    for child in part.children:
        yield from _texts(octets, child)
