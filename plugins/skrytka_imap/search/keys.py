"""Search keys as functions over the facts of one message: True, False, or None when that takes more facts."""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Callable, Sequence

from skrytka.plugin_api import mime, model, text_search
from skrytka_imap.commands.search import (
    Contains,
    Fuzzy,
    HasEmailId,
    Header,
    InternalDate,
    Larger,
    Older,
    SaveDate,
    SearchKey,
    SentDate,
    Smaller,
    When,
    Younger,
)
from skrytka_imap.search.charsets import needle
from skrytka_imap.search.facts import Facts
from skrytka_imap.search.fuzzy import scorer

Test = Callable[[Facts], bool | None]

_DAY_S = 86_400
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def single_test(key: SearchKey, codec: codecs.CodecInfo, now: float) -> Test:
    """The test of a key that is no combination and that the listing does not decide; ``now`` is Unix time."""
    match key:
        case SentDate(when=when, date=date):
            return _sent(when, date)
        case Header(name=name, text=text):
            return _header(name, needle(text, codec))
        case Contains(place=place, text=text):
            return _contains(needle(text, codec), in_header=place == "TEXT")
        case Fuzzy(key=inner):
            return _fuzzily(inner, needle(inner.text, codec))
    return _of_row(_row_test(key, now))


def _row_test(key: SearchKey, now: float) -> Callable[[model.MessageRow], bool]:
    """The test of a key that the row decides."""
    match key:
        case HasEmailId(content_id=content_id):
            return lambda row: row.content_id == content_id
        case Larger(size_octets=limit):
            return lambda row: row.size_octets > limit
        case Smaller(size_octets=limit):
            return lambda row: row.size_octets < limit
        case InternalDate(when=when, date=date):
            among = _on_days(when, date)
            return lambda row: among(row.internal_date)
        case SaveDate(when=when, date=date):
            among = _on_days(when, date)
            return lambda row: among(row.saved_at)
        case Older(interval_s=interval_s):
            return lambda row: row.internal_date <= now - interval_s
        case Younger(interval_s=interval_s):
            return lambda row: row.internal_date >= now - interval_s
    raise AssertionError(f"the listing decides {key}")


def question(key: SearchKey, codec: codecs.CodecInfo) -> text_search.Asked | None:
    """What an index of texts is asked about a key; None for keys that are not of text."""
    match key:
        case Header(name=name, text=text):
            return text_search.InHeader(name, needle(text, codec))
        case Contains(place=place, text=text):
            kind = text_search.Anywhere if place == "TEXT" else text_search.InBody
            return kind(needle(text, codec))
    return None


UNKNOWN = 2


def unless(told: bytes, test: Test) -> Test:
    """What is told of a message, as ``Judge.octets`` writes it, else what the test says: where it is ``UNKNOWN``."""
    return lambda facts: test(facts) if told[facts.place] == UNKNOWN else told[facts.place] == 1


def all_of(tests: Sequence[Test]) -> Test:
    """Asks in the given order, and no further than the first that says no."""

    def test(facts: Facts) -> bool | None:
        verdict: bool | None = True
        for one in tests:
            said = one(facts)
            if said is False:
                return False
            if said is None:
                verdict = None
        return verdict

    return test


def any_of(tests: Sequence[Test]) -> Test:
    """Asks in the given order, and no further than the first that says yes."""

    def test(facts: Facts) -> bool | None:
        verdict: bool | None = False
        for one in tests:
            said = one(facts)
            if said is True:
                return True
            if said is None:
                verdict = None
        return verdict

    return test


def opposite(test: Test) -> Test:
    def negated(facts: Facts) -> bool | None:
        said = test(facts)
        return None if said is None else not said

    return negated


def member(octets: bytes) -> Test:
    """Whether a message is in a set, as ``Judge.octets`` writes it."""
    return lambda facts: octets[facts.place] == 1


def _of_row(test: Callable[[model.MessageRow], bool]) -> Test:
    return lambda facts: None if facts.row is None else test(facts.row)


def _on_days(when: When, date: datetime.date) -> Callable[[int], bool]:
    """Whether a Unix time is before, on or since a day of UTC, in which INTERNALDATE and SAVEDATE are told."""
    begin = (date.toordinal() - _EPOCH) * _DAY_S
    end = begin + _DAY_S
    if when is When.BEFORE:
        return lambda unix: unix < begin
    if when is When.SINCE:
        return lambda unix: unix >= begin
    return lambda unix: begin <= unix < end


def _sent(when: When, date: datetime.date) -> Test:
    """The day that the Date field names, whatever its time and zone. A mail without such a day matches none of the keys."""

    def test(facts: Facts) -> bool | None:
        dates = facts.values(b"date")
        if dates is None:
            return None
        sent = mime.sent_date(dates[0]) if dates else None
        if sent is None:
            return False
        day = sent.date()
        if when is When.ON:
            return day == date
        return day < date if when is When.BEFORE else day >= date

    return test


def _header(name: bytes, text: str) -> Test:
    def test(facts: Facts) -> bool | None:
        texts = facts.texts(name)
        return None if texts is None else any(text in one for one in texts)

    return test


def _contains(text: str, *, in_header: bool) -> Test:
    """The empty string is in every body, also in one that has no text."""
    if not text:
        return lambda facts: True

    def test(facts: Facts) -> bool | None:
        if in_header and facts.header_text is not None and text in facts.header_text:
            return True
        if facts.body_texts is None:
            return None
        further = facts.part_headers if in_header else None
        return any(text in one for one in (*facts.body_texts, *(further or ())))

    return test


def _fuzzily(key: Header | Contains, text: str) -> Test:
    """Notes how well the message matches in ``facts.scores``. For TEXT that takes the whole mail: the best place counts."""
    score_of = scorer(text)

    def test(facts: Facts) -> bool | None:
        texts = _texts_of(key, facts)
        score = 0 if texts is None else score_of(texts)
        if score:
            facts.scores.append(score)
        return None if texts is None else score > 0

    return test


def _texts_of(key: Header | Contains, facts: Facts) -> list[str] | None:
    if isinstance(key, Header):
        return facts.texts(key.name)
    if facts.body_texts is None:
        return None
    if key.place == "BODY":
        return facts.body_texts
    return [*facts.body_texts, *(facts.part_headers or ()), facts.header_text or ""]
