"""APPEND."""

from __future__ import annotations

import msgspec

from skrytka.plugin_api import model


class Append(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.11. ``internal_date`` is Unix time, None when the client gave none."""

    name: str
    octets: bytes
    flags: model.Flags = model.Flags.NONE
    keywords: tuple[str, ...] = ()
    internal_date: int | None = None
