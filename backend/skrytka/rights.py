"""The rights of RFC 4314 that somebody may have on a folder, as letters; pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from skrytka.errors import Invalid
from skrytka.model import EVERYTHING, Flags, Settable

Rights = frozenset[str]

LETTERS = "lrswipkxtea"
"""RFC 4314 section 2.1, in the order of that list."""

ALL: Rights = frozenset(LETTERS)
NONE: Rights = frozenset()

OBSOLETE = {"c": frozenset("kx"), "d": frozenset("et")}
"""RFC 4314 section 2.1.1: what the rights of RFC 2086 stand for."""

_CHANGING = frozenset("wtie")
_CHANGING_SEEN = _CHANGING | {"s"}

NEGATIVE = "-"


def parse(text: str, field: str = "rights") -> Rights:
    """The rights that letters stand for; ``Invalid`` where one is unknown, as the RFC wants it of SETACL."""
    if unknown := sorted(set(text) - ALL - OBSOLETE.keys()):
        raise Invalid(field, f"there is no right {unknown[0]!r}")
    return frozenset().union(*(OBSOLETE.get(letter, {letter}) for letter in text))


def letters(rights: Rights) -> str:
    """The rights in their order, as they are stored and told over REST."""
    return "".join(letter for letter in LETTERS if letter in rights)


def with_obsolete(rights: Rights) -> str:
    """The same with ``c`` and ``d`` where one of those is there that they stand for, as clients of RFC 2086 need them."""
    return letters(rights) + "".join(letter for letter, members in OBSOLETE.items() if members & rights)


def effective(entries: Iterable[tuple[str, str]]) -> Rights:
    """What (identifier, letters) of one person add up to: all that is granted, less all that is taken away."""
    granted: set[str] = set()
    denied: set[str] = set()
    for identifier, text in entries:
        (denied if identifier.startswith(NEGATIVE) else granted).update(text)
    return frozenset(granted - denied)


def changing(*, private_seen: bool) -> Rights:
    """Who has none of these opens a folder for reading only (RFC 4314 section 5.2): to flags that others see, to bring mail in,
    and to remove it."""
    return _CHANGING if private_seen else _CHANGING_SEEN


def settable(rights: Rights) -> Settable:
    """The flags that may be set and cleared: RFC 4314 section 4."""
    if rights is ALL:
        return EVERYTHING
    flags = Flags.NONE
    if "s" in rights:
        flags |= Flags.SEEN
    if "t" in rights:
        flags |= Flags.DELETED
    if "w" in rights:
        flags |= Flags.ANSWERED | Flags.FLAGGED | Flags.DRAFT
    return Settable(flags, "w" in rights)
