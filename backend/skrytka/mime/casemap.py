"""``i;unicode-casemap`` (RFC 5051): text in the form in which it is compared without case, octet by octet."""

from __future__ import annotations

import re
import unicodedata


class _Mapped(dict[int, str]):
    """Characters already mapped, each at its first use."""

    def __missing__(self, code: int) -> str:
        self[code] = mapped = _map(chr(code))
        return mapped


_mapped = _Mapped()

_NOT_ASCII = re.compile(r"([^\x00-\x7f]++)")
"""Looked up letter by letter; in most mails these are few."""


def unicode_casemap(text: str) -> str:
    """RFC 5051 section 2: each character in title case (one character for one), then decomposed, compatibility included.

    Equal texts, and texts of which one holds the other, are so in this form as well; it is not meant for people.
    """
    if text.isascii():
        return text.upper()
    pieces = _NOT_ASCII.split(text)
    pieces[::2] = [piece.upper() for piece in pieces[::2]]
    pieces[1::2] = [piece.translate(_mapped) for piece in pieces[1::2]]
    return "".join(pieces)


def _map(character: str) -> str:
    """The titlecase property is one character; where Python's mapping has more of them, there is no such property."""
    titled = character.title()
    return unicodedata.normalize("NFKD", titled if len(titled) == 1 else character)
