"""Normal form C of Unicode (UAX 15), in time that grows with the text alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

WHOLE = 512
"""Texts of so many characters are normalised as a whole, whatever is in them."""

_PART = 64


def nfc(text: str) -> str:
    """The normal form. In a longer text the order of combining characters is right among 64 of them: no language has as many on a
    letter, and to sort n of them takes Python n * n steps, which are minutes for what fits into one command."""
    if text.isascii():
        return text
    if len(text) <= WHOLE:
        return unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFC", part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """In a part there is all that composes, as far as that is possible."""
    start = 0
    while start < len(text):
        end = start + _PART
        if end < len(text):
            end = next((at for at in range(end, start, -1) if _begins(text[at])), end)
        yield text[start:end]
        start = end


def _begins(character: str) -> bool:
    """Whether nothing before the character composes with it: it is no mark, and no vowel or final consonant of Hangul."""
    return character.isascii() or not (unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff")
