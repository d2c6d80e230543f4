"""The part tree of a mail: offsets into its octets, and the header fields that the tree depends on."""

from __future__ import annotations

import msgspec

Parameters = tuple[tuple[str, str], ...]


class Header(msgspec.Struct, frozen=True):
    """One header field: octet offsets of the whole field (with its line end) and of its value (after the colon)."""

    name: bytes
    start: int
    value_start: int
    end: int


class Part(msgspec.Struct, frozen=True):
    """One MIME part. The root part is the mail itself.

    ``octets[header_start:body_start]`` is the header with its blank line, ``octets[body_start:end]`` the body. ``lines``
    counts the line feeds of the body. ``media_type`` and ``subtype`` are lower case; parameters keep their order, names
    lower case, RFC 2231 decoded. A ``message/rfc822`` part has one child, the embedded mail's root; a multipart has its
    body parts, at least one.
    """

    header_start: int
    body_start: int
    end: int
    lines: int
    headers: tuple[Header, ...]
    media_type: str
    subtype: str
    parameters: Parameters
    encoding: str
    content_id: str | None
    description: str | None
    disposition: str | None
    disposition_parameters: Parameters
    language: tuple[str, ...]
    location: str | None
    md5: str | None
    children: tuple[Part, ...]

    @property
    def is_embedding_mail(self) -> bool:
        """Whether its one child is a mail within the mail, with a header and parts of its own."""
        return self.media_type == "message" and self.subtype == "rfc822" and bool(self.children)
