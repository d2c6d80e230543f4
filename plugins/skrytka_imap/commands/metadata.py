"""GETMETADATA and SETMETADATA."""

from __future__ import annotations

import enum

import msgspec


class Depth(enum.Enum):
    """RFC 5464 section 4.2.2: how far below the entries that are named."""

    ZERO = "0"
    ONE = "1"
    INFINITY = "infinity"


class GetMetadata(msgspec.Struct, frozen=True):
    """RFC 5464 section 4.2. An empty name asks for the entries of the server. Entries in lower case, each once.

    ``most_octets`` is MAXSIZE.
    """

    name: str
    entries: tuple[str, ...]
    depth: Depth = Depth.ZERO
    most_octets: int | None = None


class SetMetadata(msgspec.Struct, frozen=True):
    """RFC 5464 section 4.3. None removes an entry; of an entry that is named twice, the last value counts."""

    name: str
    entries: tuple[tuple[str, bytes | None], ...]
