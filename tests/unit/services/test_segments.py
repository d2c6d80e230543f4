"""Segments of the search index find every substring, and refuse what is damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka.mime.texts import SearchTexts
from skrytka.services.packing import Damaged
from skrytka.services.segments import BODIES, HEADERS, Pages, document, is_sound, octets_of, pack_segment, passing

TEXT = st.text(alphabet="ab\u00e9\ud800\0\n", max_size=9)
TEXTS = st.builds(SearchTexts, TEXT, st.lists(TEXT, max_size=2), st.lists(TEXT, max_size=3), st.just(True))


@given(st.lists(TEXTS, max_size=5), TEXT.filter(bool))
def test_what_is_in_them_is_found(mails: list[SearchTexts], needle: str) -> None:
    segment = pack_segment([document(number, texts) for number, texts in enumerate(mails)])
    headers, bodies = Pages(segment.headers, HEADERS), Pages(segment.bodies, BODIES)
    octets = octets_of(needle)
    assert list(headers.holding(octets)) == [at for at, one in enumerate(mails) if needle in one.header]
    assert list(bodies.holding(octets, in_bodies=True)) == [
        at for at, one in enumerate(mails) if any(needle in text for text in one.bodies)
    ]
    everywhere = {at for at, one in enumerate(mails) if any(needle in t for t in (*one.bodies, *one.part_headers))}
    assert set(bodies.holding(octets)) == everywhere
    assert [headers.text(place) for place in range(len(mails))] == [one.header for one in mails]
    if everywhere or any(headers.holding(octets)) or list(headers.holding(octets)):
        assert passing([segment.filter], [octets]) == [0]


def test_a_filter_rules_out_nearly_all_that_is_not_there() -> None:
    filters = [
        pack_segment([document(1, SearchTexts(f"subject {number}", [], [f"word{number}"] * 9, True))]).filter
        for number in range(200)
    ]
    assert len(passing(filters, [b"heliotrope"])) == 0
    assert 117 in passing(filters, [b"word117"])
    assert len(passing(filters, [b"word117"])) < 30
    assert passing(filters, [b"rd"]) == list(range(200))


@pytest.mark.parametrize("at", [0, 1, 2, 20, -1])
def test_a_changed_octet_is_noticed(at: int) -> None:
    segment = pack_segment([document(1, SearchTexts("subject", [], ["body " * 40], True))])
    changed = bytearray(segment.bodies)
    changed[at] ^= 4
    with pytest.raises(Damaged):
        Pages(bytes(changed), BODIES)
    for damaged in (None, b"", segment.headers, segment.bodies[:-1]):
        with pytest.raises(Damaged):
            Pages(damaged, BODIES)
    filter_ = bytearray(segment.filter)
    assert is_sound(segment.filter)
    filter_[at] ^= 4
    assert not is_sound(bytes(filter_))
    assert not is_sound(b"")
