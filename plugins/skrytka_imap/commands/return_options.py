"""What SEARCH, and SORT like it, shall answer about the messages found: RETURN (...), RFC 4731 and RFC 4466 section 2.6.1."""

from __future__ import annotations

import enum

import msgspec

from skrytka_imap.commands.fetch import FetchItem
from skrytka_imap.commands.partial_range import PartialRange


class ReturnOption(enum.StrEnum):
    """Options that take no argument. CONTEXT only says that the client will come back (RFC 5267 section 4.2)."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"
    SAVE = "SAVE"
    CONTEXT = "CONTEXT"
    UPDATE = "UPDATE"
    RELEVANCY = "RELEVANCY"


class Returns(msgspec.Struct, frozen=True):
    """RFC 4731 section 3.1: what was asked for; an empty list asks for ALL, and ``grammar`` has written that here.

    ``partial`` is that of RFC 9394, which never stands beside ALL. ``update_items`` are fetched of new messages (RFC 5465
    section 7).
    """

    options: frozenset[ReturnOption]
    partial: PartialRange | None = None
    update_items: tuple[FetchItem, ...] = ()

    @property
    def saves(self) -> bool:
        """Whether the messages found are to be kept for ``$`` (RFC 5182)."""
        return ReturnOption.SAVE in self.options

    @property
    def updates(self) -> bool:
        """Whether the client wants to be told what changes in the results (RFC 5267 section 4.3)."""
        return ReturnOption.UPDATE in self.options

    @property
    def scores(self) -> bool:
        """Whether to tell how well each message matches (RFC 6203 section 4)."""
        return ReturnOption.RELEVANCY in self.options

    @property
    def tells(self) -> bool:
        """Whether there is an answer: none where SAVE is all that was asked for (RFC 5182 section 1)."""
        return self.options != {ReturnOption.SAVE} or self.partial is not None

    @property
    def means_some(self) -> bool:
        """Whether MODSEQ and ``$`` are about no more messages than those of MIN, MAX and PARTIAL.

        RFC 4731 section 3.2, RFC 5182 section 2.4, RFC 9394 section 3.2: with COUNT or ALL they are about all that were found.
        """
        some = bool(self.options & _ENDS) or self.partial is not None
        return some and not self.options & _WHOLE


_ENDS = frozenset({ReturnOption.MIN, ReturnOption.MAX})
_WHOLE = frozenset({ReturnOption.ALL, ReturnOption.COUNT})
