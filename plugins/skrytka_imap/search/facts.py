"""What is known of one message while it is decided on. Each thing is worked out when a key first asks for it."""

from __future__ import annotations

from functools import cached_property

from skrytka.plugin_api import Part, mime, model
from skrytka_imap.header_fields import values_by_name, values_named


class Facts:
    """One message. ``header`` and ``octets`` are None until they are needed; whole octets stand for the header too."""

    def __init__(self, place: int, row: model.MessageRow | None, header: bytes | None, octets: bytes | None) -> None:
        self.place = place
        self.row = row
        self.octets = octets
        self.scores: list[int] = []
        """How well the keys with FUZZY match that were asked so far (RFC 6203 section 4)."""
        self._header = header
        self._looked_for: dict[bytes, list[bytes]] = {}
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

    def values(self, name: bytes) -> list[bytes] | None:
        """The values of the fields with this name; None while the header is not known.

        The first name is looked for alone, and with the second all fields are: most searches ask for one.
        """
        if self.header is None:
            return None
        if not self._looked_for:
            self._looked_for[name] = values_named(self.header, name)
        elif name not in self._looked_for:
            return self._all_values.get(name, [])
        return self._looked_for[name]

    @cached_property
    def _all_values(self) -> dict[bytes, list[bytes]]:
        return values_by_name(self.header or b"")

    def texts(self, name: bytes) -> list[str] | None:
        """The values of the fields with this name, decoded and folded, however many keys ask for them."""
        if name not in self._texts:
            values = self.values(name)
            if values is None:
                return None
            self._texts[name] = [mime.unicode_casemap(mime.decode_header(value)) for value in values]
        return self._texts[name]

    @cached_property
    def header_text(self) -> str | None:
        """All fields, decoded and folded, one a line."""
        return None if self.header is None else mime.header_text(self.header)

    @cached_property
    def part_headers(self) -> list[str] | None:
        """What the MIME headers of the parts say, names of attachments among it; None while the octets are not known."""
        if self.octets is None or self.part is None:
            return None
        return mime.part_header_texts(self.octets, self.part)

    @cached_property
    def body_texts(self) -> list[str] | None:
        """The texts of the body, decoded and folded; None while the octets are not known."""
        if self.octets is None or self.part is None:
            return None
        return mime.body_texts(self.octets, self.part)
