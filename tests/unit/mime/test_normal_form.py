"""Normal form C: Python's own, and in time that grows with the text alone, wherever a client's text is normalised."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka import mime
from skrytka.mime import normal_form
from skrytka.services import addresses, folder_names, verifiers
from skrytka_imap import others, patterns, sources
from skrytka_imap.settings import Settings

LETTERS = (
    "a",
    "e\u0301",
    "\u1100\u1161\u11a8",
    "\uac00\u11a8",
    "\u0e01\u0e33",
    "\u0995\u09c7\u09be",
    "中",
    "\u0344a",
    "\U0001d15e",
    "\ufb1f",
)


@given(st.lists(st.sampled_from(LETTERS), max_size=20).map("".join) | st.text(max_size=20))
def test_it_is_pythons(text: str) -> None:
    for some in (text, f"a{text}" * (normal_form.WHOLE // (len(text) + 1) + 1)):
        assert mime.nfc(some) == unicodedata.normalize("NFC", some)


@pytest.mark.parametrize("letter", LETTERS)
def test_what_composes_is_never_parted(letter: str) -> None:
    for before in range(66):
        text = "x" * before + letter * normal_form.WHOLE
        assert mime.nfc(text) == unicodedata.normalize("NFC", text), before


def _address(text: str) -> str | None:
    return addresses.normalised_or_none(f"{text}@example.org")


def _password(text: str) -> None:
    with pytest.raises(Exception, match="is longer than 1024 octets"):
        verifiers.prepare(text)


@pytest.mark.parametrize(
    "normalise",
    [
        _address,
        _password,
        folder_names.canonical,
        sources.canonical,
        lambda text: others.parse(Settings().prefixes, text),
        lambda text: patterns.matcher("", text),
        lambda text: patterns.may_match_below([text], "Other users"),
    ],
)
def test_many_marks_on_a_letter_take_no_longer_than_other_text(normalise: Callable[[str], object]) -> None:
    """Sorted one by one, as Python does it, these take four seconds, and what fits into a command twenty minutes."""
    text = "a" + "\u0301\u0316" * 15_000
    begun = time.thread_time()
    normalise(text)
    assert time.thread_time() - begun < 1
