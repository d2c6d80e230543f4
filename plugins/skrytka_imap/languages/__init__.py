"""The languages of the texts for people (RFC 5255 section 3): ``i-default``, which is English in ASCII, and others in UTF-8.

A text that a catalogue does not have, for it tells of one client's octets or limits, comes within a sentence that is in the
language and says what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skrytka_imap.languages.german import GERMAN
from skrytka_imap.languages.polish import POLISH

I_DEFAULT = "i-default"
DEFAULT_RANGES = ("default", "*")

_CATALOGUES: Mapping[str, Mapping[str, str]] = {"de": GERMAN, "pl": POLISH}
LANGUAGES = (I_DEFAULT, "en", *_CATALOGUES)


def language_of(ranges: Iterable[str]) -> str | None:
    """The language of the first range that there is one for, by lookup (RFC 4647 section 3.4): ``de-AT`` is ``de``."""
    for wanted in ranges:
        if wanted.lower() in DEFAULT_RANGES:
            return I_DEFAULT
        left = wanted.lower()
        while left:
            if left in LANGUAGES:
                return left
            left = left.rpartition("-")[0]
    return None


def in_language(text: str, status: bytes, language: str) -> str:
    """A text of a response with this status: OK, NO, BAD or BYE."""
    catalogue = _CATALOGUES.get(language)
    if catalogue is None:
        return text
    return catalogue.get(text) or catalogue[status.decode()].format(text)
