"""Partial fetches."""

from __future__ import annotations

import msgspec


class Partial(msgspec.Struct, frozen=True):
    """``<origin.count>``: at most ``count`` octets from octet ``origin`` on."""

    origin: int
    count: int
