"""SEARCH and its keys."""

from __future__ import annotations

import datetime
import enum
from typing import Literal

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands.sequence_set import SequenceSet


class All(msgspec.Struct, frozen=True):
    """Every message."""


class HasFlag(msgspec.Struct, frozen=True):
    """ANSWERED, DELETED, DRAFT, FLAGGED, SEEN; the UN... keys are its ``Not``."""

    flag: model.Flags


class HasKeyword(msgspec.Struct, frozen=True):
    """KEYWORD; UNKEYWORD is its ``Not``. Keywords compare without case."""

    keyword: str


class Recent(msgspec.Struct, frozen=True):
    """RECENT; OLD is its ``Not``, NEW is ``And((Recent(), Not(HasFlag(SEEN))))``."""


class Numbers(msgspec.Struct, frozen=True):
    """A sequence set: messages by number."""

    sequence: SequenceSet


class Uids(msgspec.Struct, frozen=True):
    """UID with a set."""

    sequence: SequenceSet


class ModSeq(msgspec.Struct, frozen=True):
    """MODSEQ (RFC 7162 section 3.1.5). An entry name and type are read and ignored: a message has one modseq."""

    at_least: int


class HasEmailId(msgspec.Struct, frozen=True):
    """EMAILID (RFC 8474 section 6)."""

    mailbox_id: int
    content_id: int


class Nothing(msgspec.Struct, frozen=True):
    """No message: THREADID (RFC 8474 section 6), which none has, and EMAILID with an id that was never given out."""


class Larger(msgspec.Struct, frozen=True):
    size_octets: int


class Smaller(msgspec.Struct, frozen=True):
    size_octets: int


class When(enum.Enum):
    BEFORE = "BEFORE"
    ON = "ON"
    SINCE = "SINCE"


class InternalDate(msgspec.Struct, frozen=True):
    """BEFORE, ON, SINCE: the internal date's day in UTC."""

    when: When
    date: datetime.date


class SentDate(msgspec.Struct, frozen=True):
    """SENTBEFORE, SENTON, SENTSINCE: the day of the Date field as it is written there."""

    when: When
    date: datetime.date


class Header(msgspec.Struct, frozen=True):
    """HEADER, and BCC, CC, FROM, SUBJECT, TO. ``name`` in lower case; empty ``text`` asks that the field be there."""

    name: bytes
    text: bytes


class Contains(msgspec.Struct, frozen=True):
    """BODY, or TEXT, which also looks at the header. ``text`` is in the charset of the command."""

    place: Literal["BODY", "TEXT"]
    text: bytes


class Not(msgspec.Struct, frozen=True):
    key: SearchKey


class Or(msgspec.Struct, frozen=True):
    left: SearchKey
    right: SearchKey


class And(msgspec.Struct, frozen=True):
    """A list of keys: all must match."""

    keys: tuple[SearchKey, ...]


SearchKey = (
    All
    | HasFlag
    | HasKeyword
    | Recent
    | Numbers
    | Uids
    | ModSeq
    | HasEmailId
    | Nothing
    | Larger
    | Smaller
    | InternalDate
    | SentDate
    | Header
    | Contains
    | Not
    | Or
    | And
)


class Search(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.4. ``charset`` is as the client wrote it; ``search.compile_search`` decides on it.

    ``mentions_modseq`` tells that the answer ends with the highest modseq found (RFC 7162 section 3.1.5).
    """

    key: SearchKey
    charset: str | None = None
    uid: bool = False
    mentions_modseq: bool = False
