"""What SEARCH, and SORT like it, shall answer about the messages found: RETURN (...), RFC 4731 and RFC 4466 section 2.6.1."""

from __future__ import annotations

import enum

import msgspec


class ReturnOption(enum.StrEnum):
    """Options that take no argument."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"


class Returns(msgspec.Struct, frozen=True):
    """RFC 4731 section 3.1: what was asked for; an empty list asks for ALL, and ``grammar`` has written that here."""

    options: frozenset[ReturnOption]
