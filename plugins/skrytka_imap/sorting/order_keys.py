"""A message's place in an order as octets: one message comes before another where its octets do.

They are those of the criteria one after another, each so written that none begins another's: numbers in eight octets, texts
with a NUL behind them, which no text has in it. Where the criterion is reversed each octet is its complement. The UID comes
last: messages that are the same by all criteria are in the order of the folder, which is never reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands import SortCriterion, SortKey
from skrytka_imap.search import BEST
from skrytka_imap.sort_keys import SortKeys

UID_OCTETS = 4
_OFFSET = 1 << 63
"""Dates may lie before 1970."""

_COMPLEMENT = bytes(range(255, -1, -1))
_OF_ROW = frozenset({SortKey.ARRIVAL, SortKey.SIZE, SortKey.RELEVANCY})


class Facts(msgspec.Struct, frozen=True):
    """What criteria look at: ``score`` is that of a search with FUZZY (RFC 6203 section 4)."""

    row: model.MessageRow
    keys: SortKeys
    score: int = BEST


def needs_keys(criteria: Sequence[SortCriterion]) -> bool:
    """Whether they look at more than rows."""
    return any(criterion.key not in _OF_ROW for criterion in criteria)


def order_key(criteria: Sequence[SortCriterion]) -> Callable[[Facts], bytes]:
    """The octets by which messages are put in order. What is the same by a criterion is so by the same once more."""
    reverse: dict[SortKey, bool] = {}
    for one in criteria:
        reverse.setdefault(one.key, one.reverse)
    parts = [_reversed(_PARTS[key]) if reverse[key] else _PARTS[key] for key in reverse]

    def key(facts: Facts) -> bytes:
        return b"".join([part(facts) for part in parts]) + facts.row.uid.to_bytes(UID_OCTETS)

    return key


def uid_of(key: bytes) -> int:
    """Of the message with this place in an order."""
    return int.from_bytes(key[-UID_OCTETS:])


def sent_at(facts: Facts) -> int:
    """RFC 5256 section 2.2: the sent date as Unix time, the internal date where there is none."""
    return facts.row.internal_date if facts.keys.date is None else facts.keys.date


def _number(number: int) -> bytes:
    return (number + _OFFSET).to_bytes(8)


def _text(text: bytes) -> bytes:
    return text + b"\0"


Part = Callable[[Facts], bytes]


def _reversed(part: Part) -> Part:
    return lambda facts: part(facts).translate(_COMPLEMENT)


_PARTS: dict[SortKey, Part] = {
    SortKey.ARRIVAL: lambda facts: _number(facts.row.internal_date),
    SortKey.CC: lambda facts: _text(facts.keys.cc),
    SortKey.DATE: lambda facts: _number(sent_at(facts)),
    SortKey.DISPLAYFROM: lambda facts: _text(facts.keys.display_from),
    SortKey.DISPLAYTO: lambda facts: _text(facts.keys.display_to),
    SortKey.FROM: lambda facts: _text(facts.keys.from_),
    SortKey.RELEVANCY: lambda facts: _number(-facts.score),  # the highest score comes first (RFC 6203 section 6)
    SortKey.SIZE: lambda facts: _number(facts.row.size_octets),
    SortKey.SUBJECT: lambda facts: _text(facts.keys.subject),
    SortKey.TO: lambda facts: _text(facts.keys.to),
}
