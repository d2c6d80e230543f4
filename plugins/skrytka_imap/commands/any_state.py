"""Commands of any state."""

from __future__ import annotations

import msgspec


class Capability(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.1.1."""


class Noop(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.1.2."""


class Logout(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.1.3."""


class Language(msgspec.Struct, frozen=True):
    """RFC 5255 section 3.2: language ranges, the best first; none asks for the languages that there are."""

    ranges: tuple[str, ...]


class Id(msgspec.Struct, frozen=True):
    """RFC 2971 section 3.1. ``parameters`` keep the client's order; NIL gives none."""

    parameters: tuple[tuple[str, str | None], ...]
