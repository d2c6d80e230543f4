"""Patterns of LIST match what RFC 3501 section 6.3.8 says, and take no longer for it than they and the name are long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka_imap.patterns import matcher

NAMES = st.text(alphabet="ab/", max_size=12)
PATTERNS = st.text(alphabet="ab/*%", max_size=12)


@given(PATTERNS, NAMES)
def test_wildcards_are_anything_or_anything_within_a_level(pattern: str, name: str) -> None:
    by_definition = re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*")
    assert matcher("", pattern)(name) is (re.fullmatch(by_definition, name, re.DOTALL) is not None)


@pytest.mark.parametrize(
    ("name", "is_matched"), [("INBOX", True), ("INBOX/a", True), ("INBOXES", False), ("inbox", False)]
)
def test_the_inbox_is_matched_in_any_case_and_what_is_below_it_too(name: str, is_matched: bool) -> None:
    assert matcher("iN", "BoX*")(name) is is_matched


@pytest.mark.parametrize("pattern", ["*a" * 500 + "b", "%a" * 500 + "b", "*a%a" * 120 + "*b", "%" * 50_000 + "b"])
def test_a_pattern_that_nearly_matches_takes_no_longer_than_it_is_long(pattern: str) -> None:
    matches = matcher("", pattern)
    begun = time.thread_time()
    assert not matches("a" * 511)
    assert time.thread_time() - begun < 0.03
