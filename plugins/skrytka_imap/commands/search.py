"""SEARCH and its keys."""

from __future__ import annotations

import datetime
import enum
from typing import Literal

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands.return_options import Returns
from skrytka_imap.commands.sequence_set import SequenceSet
from skrytka_imap.commands.sources import Source, SourceKind


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


class SaveDate(msgspec.Struct, frozen=True):
    """SAVEDBEFORE, SAVEDON, SAVEDSINCE (RFC 8514 section 4.3): the day in UTC on which the message came into its folder."""

    when: When
    date: datetime.date


class Younger(msgspec.Struct, frozen=True):
    """YOUNGER (RFC 5032 section 2): the internal date is at most so long ago."""

    interval_s: int


class Older(msgspec.Struct, frozen=True):
    """OLDER (RFC 5032 section 2): the internal date is at least so long ago."""

    interval_s: int


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


class Fuzzy(msgspec.Struct, frozen=True):
    """FUZZY (RFC 6203 section 3) before a key that asks for text, or around one. Other keys are matched exactly (section 5)."""

    key: Header | Contains


class Filter(msgspec.Struct, frozen=True):
    """FILTER (RFC 5466 section 3.1): the keys that are stored under this name, as if in parentheses, which take its place before
    anything is searched. ``fuzzily``: FUZZY stands before it."""

    name: str
    fuzzily: bool = False


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
    | SaveDate
    | Older
    | Younger
    | SentDate
    | Header
    | Contains
    | Fuzzy
    | Filter
    | Not
    | Or
    | And
)


class Search(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.4. ``charset`` is as the client wrote it; ``search.compile_search`` decides on it.

    ``mentions_modseq`` tells that the answer ends with the highest modseq found (RFC 7162 section 3.1.5). ``returns`` asks
    for ESEARCH in the place of SEARCH (RFC 4731). ``mentions_filter``: there are ``Filter`` keys in it.
    """

    key: SearchKey
    charset: str | None = None
    uid: bool = False
    mentions_modseq: bool = False
    returns: Returns | None = None
    mentions_filter: bool = False


class Criteria(msgspec.Struct, frozen=True):
    """Keys, of a command or of a filter, and what is in them anywhere."""

    key: SearchKey
    mentions_modseq: bool = False
    mentions_fuzzy: bool = False
    mentions_filter: bool = False


class CancelUpdate(msgspec.Struct, frozen=True):
    """RFC 5267 section 4.3.5: the tags of searches with UPDATE."""

    tags: tuple[bytes, ...]


class MultiSearch(msgspec.Struct, frozen=True):
    """The ESEARCH command of RFC 7377: ``search`` in the folders of ``sources``, without which it is the selected one.

    Its answers are about UIDs, and it always has return options.
    """

    search: Search
    returns: Returns
    sources: tuple[Source, ...]

    @property
    def names_selected(self) -> bool:
        return any(source.kind is SourceKind.SELECTED for source in self.sources)

    @property
    def only_selected(self) -> bool:
        return all(source.kind is SourceKind.SELECTED for source in self.sources)
