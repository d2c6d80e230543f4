"""Parsers of SORT and THREAD."""

from __future__ import annotations

from skrytka_imap.commands import Sort, SortCriterion, SortKey, Thread, ThreadAlgorithm
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.return_options import return_options
from skrytka_imap.grammar.search import search_of

MOST_CRITERIA = 20
"""More say nothing new: there are ten keys."""

KEYS = {key.value: key for key in SortKey}
ALGORITHMS = {algorithm.value: algorithm for algorithm in ThreadAlgorithm}


def sort(cursor: Cursor, *, uid: bool = False) -> Sort:
    """RFC 5256 section 5, RFC 5267 section 5.

    sort            = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP search-criteria
    sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
    search-criteria = charset 1*(SP search-key)
    charset         = atom / quoted
    """
    returns = return_options(cursor)
    cursor.space()
    cursor.expect(b"(")
    criteria = [_criterion(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        criteria.append(_criterion(cursor))
        if len(criteria) > MOST_CRITERIA:
            raise cursor.fault(f"SORT takes at most {MOST_CRITERIA} criteria")
    scored = any(criterion.key is SortKey.RELEVANCY for criterion in criteria)
    return Sort(search_of(cursor, _charset(cursor), returns, uid=uid, scored=scored), tuple(criteria))


def uid_sort(cursor: Cursor) -> Sort:
    return sort(cursor, uid=True)


def thread(cursor: Cursor, *, uid: bool = False) -> Thread:
    """RFC 5256 section 5.

    thread     = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
    thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / thread-alg-ext
    """
    cursor.space()
    word = cursor.name("a threading algorithm")
    algorithm = ALGORITHMS.get(word)
    if algorithm is None:
        raise cursor.fault(f"There is no threading algorithm {word[:40]}")
    return Thread(search_of(cursor, _charset(cursor), None, uid=uid), algorithm)


def uid_thread(cursor: Cursor) -> Thread:
    return thread(cursor, uid=True)


def _criterion(cursor: Cursor) -> SortCriterion:
    """sort-criterion = ["REVERSE" SP] sort-key"""
    word = cursor.name("a sort key")
    reverse = word == "REVERSE"
    if reverse:
        cursor.space()
        word = cursor.name("a sort key")
    key = KEYS.get(word)
    if key is None:
        raise cursor.fault(f"There is no sort key {word[:40]}")
    return SortCriterion(key, reverse)


def _charset(cursor: Cursor) -> str:
    cursor.space()
    return cursor.astring("a charset").decode("ascii", "replace")
