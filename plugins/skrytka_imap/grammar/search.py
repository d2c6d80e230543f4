"""Parser of SEARCH."""

from __future__ import annotations

import re
from collections.abc import Callable

from skrytka.plugin_api import model
from skrytka_imap.commands import CancelUpdate, Criteria, MultiSearch, ReturnOption, Returns, Search, Source, SourceKind
from skrytka_imap.commands.search import (
    All,
    And,
    Contains,
    Filter,
    Fuzzy,
    HasEmailId,
    HasFlag,
    HasKeyword,
    Header,
    InternalDate,
    Larger,
    ModSeq,
    Not,
    Nothing,
    Numbers,
    Older,
    Or,
    Recent,
    SaveDate,
    SearchKey,
    SentDate,
    Smaller,
    Uids,
    When,
    Younger,
)
from skrytka_imap.commands.sequence_set import LARGEST, SequenceSet
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, LARGEST_NUMBER64, Cursor
from skrytka_imap.grammar.dates import date
from skrytka_imap.grammar.header_name import header_name
from skrytka_imap.grammar.return_options import return_options
from skrytka_imap.grammar.sequence_set import sequence_set
from skrytka_imap.grammar.sources import source
from skrytka_imap.object_ids import ids_of_email

CHARSET = re.compile(rb" CHARSET ", re.IGNORECASE)
OBJECT_ID = re.compile(rb"[A-Za-z0-9_\-]{1,255}(?![A-Za-z0-9_\-])")
ENTRY = re.compile(rb"\"(?:[^\"\\]|\\[\"\\])*\" (?:priv|shared|all) ", re.IGNORECASE)

IN = re.compile(rb" IN \(", re.IGNORECASE)

MOST_SOURCES = 100
DEEPEST = 128
"""How far keys may nest: an OR of 128 addresses is written as 128 nested ORs."""
MOST_KEYS = 1_000
MOST_FUZZY_KEYS = 32
"""Of texts: each is compared word by word with what is in the mails."""

RELEVANCY_NEEDS_FUZZY = "RELEVANCY needs FUZZY"

PLAIN: dict[str, SearchKey] = {
    "ALL": All(),
    "ANSWERED": HasFlag(model.Flags.ANSWERED),
    "DELETED": HasFlag(model.Flags.DELETED),
    "DRAFT": HasFlag(model.Flags.DRAFT),
    "FLAGGED": HasFlag(model.Flags.FLAGGED),
    "NEW": And((Recent(), Not(HasFlag(model.Flags.SEEN)))),
    "OLD": Not(Recent()),
    "RECENT": Recent(),
    "SAVEDATESUPPORTED": All(),
    "SEEN": HasFlag(model.Flags.SEEN),
    "UNANSWERED": Not(HasFlag(model.Flags.ANSWERED)),
    "UNDELETED": Not(HasFlag(model.Flags.DELETED)),
    "UNDRAFT": Not(HasFlag(model.Flags.DRAFT)),
    "UNFLAGGED": Not(HasFlag(model.Flags.FLAGGED)),
    "UNSEEN": Not(HasFlag(model.Flags.SEEN)),
}


def search(cursor: Cursor, *, uid: bool = False) -> Search:
    """RFC 3501 section 9 and RFC 4731 section 4.

    search         = "SEARCH" [search-return-opts] SP search-program
    search-program = ["CHARSET" SP astring SP] search-key *(SP search-key)
    """
    return _program(cursor, return_options(cursor), uid=uid)


def _program(cursor: Cursor, returns: Returns | None, *, uid: bool) -> Search:
    charset = None
    if cursor.take(CHARSET):
        charset = cursor.astring("a charset").decode("ascii", "replace")
    return search_of(cursor, charset, returns, uid=uid)


def search_of(
    cursor: Cursor, charset: str | None, returns: Returns | None, *, uid: bool, scored: bool = False
) -> Search:
    """What is behind the charset: 1*(SP search-key). ``scored``: that the answer has scores in it, or their order."""
    cursor.space()
    found = criteria(cursor)
    scored = scored or (returns is not None and returns.scores)
    if scored and not (found.mentions_fuzzy or found.mentions_filter):
        raise cursor.fault(RELEVANCY_NEEDS_FUZZY)
    return Search(found.key, charset, uid, found.mentions_modseq, returns, found.mentions_filter)


def criteria(cursor: Cursor) -> Criteria:
    """RFC 5466 section 4: search-criteria = search-key *(SP search-key)"""
    keys = _Keys(cursor)
    key = keys.several(0)
    return Criteria(key, keys.mentions_modseq, keys.mentions_fuzzy, keys.mentions_filter)


def multisearch(cursor: Cursor) -> MultiSearch:
    """RFC 7377 section 3. No scope-option is defined.

    esearch             = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
    esearch-source-opts = "IN" SP "(" filter-mailboxes *(SP filter-mailboxes) [SP "(" scope-options ")"] ")"
    """
    sources = _sources(cursor) if cursor.take(IN) else (Source(SourceKind.SELECTED),)
    returns = return_options(cursor) or Returns(frozenset({ReturnOption.ALL}))
    return MultiSearch(_program(cursor, returns, uid=True), returns, sources)


def _sources(cursor: Cursor) -> tuple[Source, ...]:
    sources = [source(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        sources.append(source(cursor))
        if len(sources) > MOST_SOURCES:
            raise cursor.fault(f"ESEARCH takes at most {MOST_SOURCES} sources")
    return tuple(sources)


def uid_search(cursor: Cursor) -> Search:
    return search(cursor, uid=True)


def cancel_update(cursor: Cursor) -> CancelUpdate:
    """RFC 5267 section 5: command-select =/ "CANCELUPDATE" 1*(SP quoted)"""
    tags: list[bytes] = []
    while not tags or cursor.peek():
        cursor.space()
        tags.append(cursor.string("the tag of a search in quotes"))
    return CancelUpdate(tuple(tags))


class _Keys:
    """Reads keys and counts them: what is nested too deep or has too many keys is refused while it is read."""

    def __init__(self, cursor: Cursor) -> None:
        self.mentions_modseq = False
        self.mentions_fuzzy = False
        self.mentions_filter = False
        self._cursor = cursor
        self._count = 0
        self._within_fuzzy = 0
        self._fuzzy_count = 0

    def several(self, depth: int) -> SearchKey:
        """search-key *(SP search-key)"""
        keys = [self.one(depth)]
        while self._cursor.skip(b" ") and self._cursor.peek() not in (b"", b" "):
            keys.append(self.one(depth))
        return keys[0] if len(keys) == 1 else And(tuple(keys))

    def one(self, depth: int) -> SearchKey:
        """RFC 3501 section 9.

        search-key = "ALL" / "ANSWERED" / ... / sequence-set / "(" search-key *(SP search-key) ")"
        """
        cursor = self._cursor
        self._count += 1
        if depth > DEEPEST or self._count > MOST_KEYS:
            raise cursor.fault(f"SEARCH takes at most {MOST_KEYS} keys, nested at most {DEEPEST} deep")
        if cursor.skip(b"("):
            key = self.several(depth + 1)
            cursor.expect(b")")
            return key
        if cursor.peek() in b"$*0123456789" and cursor.peek():
            return Numbers(sequence_set(cursor))
        word = cursor.name("a search key")
        return self._nested(word, depth + 1) or PLAIN.get(word) or self._with_argument(word)

    def _nested(self, word: str, depth: int) -> SearchKey | None:
        """search-key =/ "NOT" SP search-key / "OR" SP search-key SP search-key / "FUZZY" SP search-key"""
        cursor = self._cursor
        if word not in ("NOT", "OR", "FUZZY"):
            return None
        cursor.space()
        if word == "FUZZY":
            return self._fuzzily(depth)
        left = self.one(depth)
        if word == "NOT":
            return Not(left)
        cursor.space()
        return Or(left, self.one(depth))

    def _fuzzily(self, depth: int) -> SearchKey:
        """RFC 6203 section 7: search-key =/ "FUZZY" SP search-key ; all that is in the key is meant"""
        self.mentions_fuzzy = True
        self._within_fuzzy += 1
        key = self.one(depth)
        self._within_fuzzy -= 1
        return key

    def _with_argument(self, word: str) -> SearchKey:
        parser = WITH_ARGUMENT.get(word)
        if parser is None:
            raise self._cursor.fault(f"There is no search key {word[:40]}")
        self._cursor.space()
        self.mentions_modseq |= word == "MODSEQ"
        self.mentions_filter |= word == "FILTER"
        key = parser(self._cursor)
        if isinstance(key, Filter):
            return Filter(key.name, bool(self._within_fuzzy))
        return self._fuzzy(key) if self._within_fuzzy and isinstance(key, Header | Contains) else key

    def _fuzzy(self, key: Header | Contains) -> Fuzzy:
        self._fuzzy_count += 1
        if self._fuzzy_count > MOST_FUZZY_KEYS:
            raise self._cursor.fault(f"SEARCH takes at most {MOST_FUZZY_KEYS} keys with FUZZY", b"LIMIT")
        return Fuzzy(key)


def _header(name: bytes) -> Callable[[Cursor], SearchKey]:
    """search-key =/ "BCC" SP astring / "CC" SP astring / "FROM" SP astring / "SUBJECT" SP astring / "TO" SP astring"""
    return lambda cursor: Header(name, cursor.astring("what to search for"))


def _any_header(cursor: Cursor) -> SearchKey:
    """search-key =/ "HEADER" SP header-fld-name SP astring"""
    name = header_name(cursor).lower()
    cursor.space()
    return Header(name, cursor.astring("what to search for"))


def _keyword(cursor: Cursor) -> HasKeyword:
    """search-key =/ "KEYWORD" SP flag-keyword"""
    return HasKeyword(cursor.atom("a keyword"))


def _modseq(cursor: Cursor) -> ModSeq:
    """RFC 7162 section 7.

    search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer
    search-modseq-ext  = SP entry-name SP entry-type-req
    """
    cursor.take(ENTRY)
    return ModSeq(cursor.number(LARGEST_MODSEQ))


def _interval_s(cursor: Cursor) -> int:
    """RFC 5032 section 3: search-key =/ ( "OLDER" / "YOUNGER" ) SP nz-number"""
    seconds = cursor.number()
    if not seconds:
        raise cursor.fault("An interval has at least one second")
    return seconds


def _filter(cursor: Cursor) -> Filter:
    """RFC 5466 section 4.

    search-key  =/ "FILTER" SP filter-name
    filter-name = 1*<any ATOM-CHAR except "/">
    """
    name = cursor.atom("the name of a filter")
    if "/" in name:
        raise cursor.fault("The name of a filter has no / in it")
    return Filter(name)


def _email_id(cursor: Cursor) -> SearchKey:
    """RFC 8474 section 7: search-key =/ "EMAILID" SP objectid"""
    ids = ids_of_email(_object_id(cursor))
    return Nothing() if ids is None else HasEmailId(*ids)


def _thread_id(cursor: Cursor) -> SearchKey:
    """RFC 8474 section 7: search-key =/ "THREADID" SP objectid"""
    _object_id(cursor)
    return Nothing()


def _object_id(cursor: Cursor) -> bytes:
    match = cursor.take(OBJECT_ID)
    if match is None:
        raise cursor.fault("An id has up to 255 letters, digits, _ and -")
    return match[0]


def _uid_after(cursor: Cursor) -> SearchKey:
    """RFC 9738 section 3.2: UIDs greater than this one, which need not be there."""
    uid = _uid(cursor)
    return Uids(SequenceSet(((uid + 1, LARGEST),))) if uid < LARGEST else Nothing()


def _uid_before(cursor: Cursor) -> SearchKey:
    """RFC 9738 section 3.2: UIDs less than this one."""
    uid = _uid(cursor)
    return Uids(SequenceSet(((1, uid - 1),))) if uid > 1 else Nothing()


def _uid(cursor: Cursor) -> int:
    """RFC 3501 section 9: uniqueid = nz-number"""
    uid = cursor.number()
    if not uid:
        raise cursor.fault("A UID is at least 1")
    return uid


WITH_ARGUMENT: dict[str, Callable[[Cursor], SearchKey]] = {
    "BCC": _header(b"bcc"),
    "BEFORE": lambda cursor: InternalDate(When.BEFORE, date(cursor)),
    "BODY": lambda cursor: Contains("BODY", cursor.astring("what to search for")),
    "CC": _header(b"cc"),
    "EMAILID": _email_id,
    "FILTER": _filter,
    "FROM": _header(b"from"),
    "HEADER": _any_header,
    "KEYWORD": _keyword,
    "LARGER": lambda cursor: Larger(cursor.number(LARGEST_NUMBER64)),
    "MODSEQ": _modseq,
    "OLDER": lambda cursor: Older(_interval_s(cursor)),
    "ON": lambda cursor: InternalDate(When.ON, date(cursor)),
    "SAVEDBEFORE": lambda cursor: SaveDate(When.BEFORE, date(cursor)),
    "SAVEDON": lambda cursor: SaveDate(When.ON, date(cursor)),
    "SAVEDSINCE": lambda cursor: SaveDate(When.SINCE, date(cursor)),
    "SENTBEFORE": lambda cursor: SentDate(When.BEFORE, date(cursor)),
    "SENTON": lambda cursor: SentDate(When.ON, date(cursor)),
    "SENTSINCE": lambda cursor: SentDate(When.SINCE, date(cursor)),
    "SINCE": lambda cursor: InternalDate(When.SINCE, date(cursor)),
    "SMALLER": lambda cursor: Smaller(cursor.number(LARGEST_NUMBER64)),
    "SUBJECT": _header(b"subject"),
    "TEXT": lambda cursor: Contains("TEXT", cursor.astring("what to search for")),
    "THREADID": _thread_id,
    "TO": _header(b"to"),
    "UID": lambda cursor: Uids(sequence_set(cursor)),
    "UIDAFTER": _uid_after,
    "UIDBEFORE": _uid_before,
    "UNKEYWORD": lambda cursor: Not(_keyword(cursor)),
    "YOUNGER": lambda cursor: Younger(_interval_s(cursor)),
}
