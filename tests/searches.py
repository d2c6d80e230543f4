"""Searches without a session: nothing is read, and nobody else wants to run."""

from __future__ import annotations

from collections.abc import Generator

from skrytka_imap.commands import Search
from skrytka_imap.search import Listing, Matcher, compiled


async def never_suspends() -> None:
    pass


def matcher_of(search: Search, listing: Listing) -> Matcher:
    """What ``compiled`` makes, for tests that are no coroutines."""
    return next(_values(search, listing))


def _values(search: Search, listing: Listing) -> Generator[Matcher]:
    yield (yield from compiled(search, listing, never_suspends).__await__())
