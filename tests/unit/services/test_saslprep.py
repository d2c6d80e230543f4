"""SASLprep: the examples of RFC 4013 section 3, and what of passwords it changes or prohibits."""

from __future__ import annotations

import pytest

from skrytka.services.saslprep import saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("\u0007", None),
        ("\u0627\u0031", None),
        ("\u0627\u0031\u0628", "\u0627\u0031\u0628"),
        ("\u0627a\u0628", None),
        ("a\u00a0b", "a b"),
        ("zaz\u0307o\u0301łć", "zażółć"),
        ("", None),
        ("\u00ad", None),
        ("\ue000", None),
        ("\ufffd", None),
        ("\u2ff0", None),
        ("\U000e0041", None),
        ("\U0001f511 key", None),
    ],
)
def test_examples(text: str, prepared: str | None) -> None:
    assert saslprep(text) == prepared
