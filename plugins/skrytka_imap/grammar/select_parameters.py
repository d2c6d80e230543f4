"""What may follow the name in SELECT and EXAMINE."""

from __future__ import annotations

from skrytka_imap.commands import Resync, SequenceSet
from skrytka_imap.commands.sequence_set import STAR
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, Cursor
from skrytka_imap.grammar.sequence_set import sequence_set


def select_parameters(cursor: Cursor) -> tuple[bool, Resync | None]:
    """RFC 7162 section 7. Whether CONDSTORE is among them, and QRESYNC.

    "(" select-param *(SP select-param) ")"
    select-param = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
    """
    if not cursor.skip(b" ("):
        return False, None
    condstore, resync = False, None
    while True:
        word = cursor.name("a parameter")
        if word == "QRESYNC":
            cursor.space()
            resync = _resync(cursor)
        elif word == "CONDSTORE":
            condstore = True
        else:
            raise cursor.fault(f"There is no parameter {word[:40]}")
        if cursor.skip(b")"):
            return condstore, resync
        cursor.space()


def _resync(cursor: Cursor) -> Resync:
    cursor.expect(b"(")
    uid_validity = cursor.number()
    cursor.space()
    modseq = cursor.number(LARGEST_MODSEQ)
    if not uid_validity or not modseq:
        raise cursor.fault("UIDVALIDITY and modseq begin with 1")
    known = matches = None
    if not cursor.skip(b")"):
        cursor.space()
        if cursor.peek() != b"(":
            known = _without_star(cursor)
            if cursor.skip(b")"):
                return Resync(uid_validity, modseq, known)
            cursor.space()
        matches = _matches(cursor)
        cursor.expect(b")")
    return Resync(uid_validity, modseq, known, matches)


def _matches(cursor: Cursor) -> tuple[SequenceSet, SequenceSet]:
    """seq-match-data = "(" known-sequence-set SP known-uid-set ")" """
    cursor.expect(b"(")
    numbers = _without_star(cursor)
    cursor.space()
    uids = _without_star(cursor)
    cursor.expect(b")")
    return numbers, uids


def _without_star(cursor: Cursor) -> SequenceSet:
    """known-uids = sequence-set ; "*" is not allowed"""
    found = sequence_set(cursor)
    if found.with_saved or any(STAR in pair for pair in found.ranges):
        raise cursor.fault("* and $ are not among what a client knows")
    return found
