"""SORT and THREAD: a SEARCH, and how to put in order what it finds."""

from __future__ import annotations

import enum

import msgspec

from skrytka_imap.commands.search import Search


class SortKey(enum.StrEnum):
    """RFC 5256 section 3; DISPLAYFROM and DISPLAYTO: RFC 5957 section 4; RELEVANCY: RFC 6203 section 6."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"
    FROM = "FROM"
    RELEVANCY = "RELEVANCY"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"


class SortCriterion(msgspec.Struct, frozen=True):
    """A key, ascending or ``reverse``."""

    key: SortKey
    reverse: bool = False


class Sort(msgspec.Struct, frozen=True):
    """RFC 5256 section 3; with return options RFC 5267 section 3, which the search has."""

    search: Search
    criteria: tuple[SortCriterion, ...]

    @property
    def uid(self) -> bool:
        return self.search.uid


class ThreadAlgorithm(enum.StrEnum):
    """RFC 5256 section 3; REFS: draft-ietf-morg-inthread-01 section 4."""

    ORDEREDSUBJECT = "ORDEREDSUBJECT"
    REFERENCES = "REFERENCES"
    REFS = "REFS"


class Thread(msgspec.Struct, frozen=True):
    """RFC 5256 section 3."""

    search: Search
    algorithm: ThreadAlgorithm

    @property
    def uid(self) -> bool:
        return self.search.uid
