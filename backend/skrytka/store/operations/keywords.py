"""Keywords: case-insensitive names (RFC 9051 section 2.3.2), stored sorted and space-separated, spelt as first given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Keywords = tuple[str, ...]


def ordered(names: Iterable[str]) -> Keywords:
    """Each keyword once, the first spelling wins."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return tuple(first[key] for key in sorted(first))


def added(present: Keywords, names: Sequence[str]) -> Keywords:
    return ordered((*present, *names))


def removed(present: Keywords, names: Sequence[str]) -> Keywords:
    gone = {name.casefold() for name in names}
    return tuple(name for name in present if name.casefold() not in gone)


def replaced(present: Keywords, names: Sequence[str]) -> Keywords:
    """The new ones; those already there keep their spelling, so that replacing by the same is no change."""
    wanted = {name.casefold() for name in names}
    return ordered((*(name for name in present if name.casefold() in wanted), *names))


def stored(names: Keywords) -> str:
    return " ".join(names)


def loaded(text: str) -> Keywords:
    return tuple(text.split(" ")) if text else ()
