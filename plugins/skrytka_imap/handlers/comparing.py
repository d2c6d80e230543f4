"""COMPARATOR."""

from __future__ import annotations

from skrytka_imap.commands import Comparator, SortCriterion, SortKey
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

UNICODE_CASEMAP = "i;unicode-casemap"
"""RFC 5051: the only comparator that there is, and the default."""

DEFAULT = "default"

_TEXTS = frozenset({SortKey.CC, SortKey.DISPLAYFROM, SortKey.DISPLAYTO, SortKey.FROM, SortKey.SUBJECT, SortKey.TO})


async def comparator(session: Session, command: Comparator) -> Reply:
    """RFC 5255 sections 4.7 and 4.8; one that begins with ``-`` inverts the order of texts (RFC 4790 section 3.3)."""
    if command.orders:
        chosen = next(filter(_matches, command.orders), None)
        if chosen is None:
            return no("There is no such comparator", b"BADCOMPARATOR")
        session.inverts_texts = chosen.startswith("-")
    sign = b"-" if session.inverts_texts else b""
    session.wire.write(b"* COMPARATOR %b%b\r\n" % (sign, UNICODE_CASEMAP.encode()))
    return ok("That is how texts are compared")


def compared(session: Session, criteria: tuple[SortCriterion, ...]) -> tuple[SortCriterion, ...]:
    """The criteria by the comparator of the session."""
    if not session.inverts_texts:
        return criteria
    return tuple(SortCriterion(one.key, one.reverse ^ (one.key in _TEXTS)) for one in criteria)


def _matches(order: str) -> bool:
    """RFC 4790 sections 3.2 and 3.3.

    collation-order = ["+" / "-"] collation-wild
    collation-wild  = ("*" / (ALPHA ["*"])) *(collation-char ["*"])
    """
    wanted = (order[1:] if order.startswith(("+", "-")) else order).lower()
    if "*" not in wanted:
        return wanted in (DEFAULT, UNICODE_CASEMAP)
    first, *between, last = wanted.split("*")
    at = len(first)
    for part in between:
        found = UNICODE_CASEMAP.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return UNICODE_CASEMAP.startswith(first) and UNICODE_CASEMAP.endswith(last, at)
