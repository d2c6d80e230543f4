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
    SAVE = "SAVE"


class Returns(msgspec.Struct, frozen=True):
    """RFC 4731 section 3.1: what was asked for; an empty list asks for ALL, and ``grammar`` has written that here."""

    options: frozenset[ReturnOption]

    @property
    def saves(self) -> bool:
        """Whether the messages found are to be kept for ``$`` (RFC 5182)."""
        return ReturnOption.SAVE in self.options

    @property
    def tells(self) -> bool:
        """Whether there is an answer: none where SAVE is all that was asked for (RFC 5182 section 1)."""
        return self.options != {ReturnOption.SAVE}

    @property
    def only_ends(self) -> bool:
        """Whether MODSEQ and ``$`` are about the first and the last message alone (RFC 4731, 3.2; RFC 5182, 2.4)."""
        return bool(self.options & _ENDS) and not self.options - _ENDS - {ReturnOption.SAVE}


_ENDS = frozenset({ReturnOption.MIN, ReturnOption.MAX})
