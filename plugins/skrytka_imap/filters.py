"""Puts what filters stand for in their places (RFC 5466 section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from skrytka.plugin_api import errors, metadata
from skrytka_imap.announcing import enable_condstore
from skrytka_imap.commands import Criteria, Search
from skrytka_imap.commands.search import And, Contains, Filter, Fuzzy, Header, Not, Or, SearchKey
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.error_replies import UndefinedFilter
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar.filters import filter_value
from skrytka_imap.grammar.search import DEEPEST, MOST_FUZZY_KEYS, MOST_KEYS, RELEVANCY_NEEDS_FUZZY
from skrytka_imap.search import KNOWN_CHARSETS, has_numbers
from skrytka_imap.session import Session
from skrytka_imap.uid_only import REFUSAL

MOST_PASSES = 10
"""How far filters may name others; at least 3."""

CHARSETS = ("UTF-8", "US-ASCII")


async def with_filters(session: Session, search: Search) -> Search:
    """The search with all that its filters stand for. ``UndefinedFilter``, ``Invalid`` or ``LimitReached`` where it cannot be
    made; then there is no result for ``$`` (RFC 5182 section 2.1)."""
    if not search.mentions_filter:
        return search
    if search.charset is not None and search.charset.upper() not in CHARSETS:
        code = b"BADCHARSET (%b)" % b" ".join(KNOWN_CHARSETS)
        raise SyntaxFault("Filters are in UTF-8", None, code)
    try:
        filters = await _Reading(session).all_named_in(search.key)
        key = _Putting(filters).key(search.key, within=(), fuzzily=False, depth=0)
    except errors.DomainError:
        if search.returns is not None and search.returns.saves and session.is_selected:
            session.selected.saved = NOTHING
        raise
    return _put(session, search, key, filters.values())


def _put(session: Session, search: Search, key: SearchKey, filters: Iterable[Criteria]) -> Search:
    if search.returns is not None and search.returns.scores and not _is_fuzzy(key):
        raise SyntaxFault(RELEVANCY_NEEDS_FUZZY)
    if session.uid_only and has_numbers(key):
        raise SyntaxFault(REFUSAL.text, None, REFUSAL.code)
    if any(one.mentions_modseq for one in filters):
        enable_condstore(session, search)
        search = msgspec.structs.replace(search, mentions_modseq=True)
    return msgspec.structs.replace(search, key=key, charset=None, mentions_filter=False)


class _Reading:
    """Reads filters with those that they name, each once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._octets = 0

    async def all_named_in(self, key: SearchKey) -> dict[str, Criteria]:
        """By name in lower case. A name without a filter is missing."""
        found: dict[str, Criteria] = {}
        names = _names_in(key)
        for _ in range(MOST_PASSES):
            new = await self._read(sorted(names - found.keys()))
            found.update(new)
            names = {name for one in new.values() if one.mentions_filter for name in _names_in(one.key)}
            if not names - found.keys():
                break
        return found

    async def _read(self, names: list[str]) -> dict[str, Criteria]:
        """The private filter of a name goes before the shared one."""
        session = self._session
        entries = [f"/{scope}/filters/values/{name}" for scope in ("private", "shared") for name in names]
        place, user = metadata.WHOLE_MAILBOX, session.mailbox.mailbox_id
        values: dict[str, bytes] = {}
        for start in range(0, len(entries), MOST_KEYS):
            part = entries[start : start + MOST_KEYS]
            found = await metadata.values(session.core, session.mailbox, user, [place], part)
            values.update({entry: value for (_, entry), value in found.items()})
        read: dict[str, Criteria] = {}
        for name in names:
            value = values.get(f"/private/filters/values/{name}", values.get(f"/shared/filters/values/{name}"))
            if value is not None:
                read[name] = self._parsed(name, value)
                await session.wire.breathe()
        return read

    def _parsed(self, name: str, value: bytes) -> Criteria:
        """Together they may be as long as the literals of a command."""
        self._octets += len(value)
        if self._octets > self._session.settings.command_literal_octets:
            raise errors.LimitReached("The filters of that search are too long")
        try:
            return filter_value(value)
        except SyntaxFault as fault:
            raise errors.Invalid(f"filter {name}", fault.message) from None


class _Putting:
    """Makes the key anew, and counts: filters may name others many times."""

    def __init__(self, filters: Mapping[str, Criteria]) -> None:
        self._filters = filters
        self._count = self._fuzzy_count = 0

    def key(self, key: SearchKey, *, within: tuple[str, ...], fuzzily: bool, depth: int) -> SearchKey:
        """``within`` are the filters that this is part of."""
        self._count += 1
        if self._count > MOST_KEYS or depth > DEEPEST:
            raise errors.LimitReached(f"With its filters a search has at most {MOST_KEYS} keys, {DEEPEST} deep")

        def made(one: SearchKey) -> SearchKey:
            return self.key(one, within=within, fuzzily=fuzzily, depth=depth + 1)

        match key:
            case And(keys=keys):
                return And(tuple([made(one) for one in keys]))
            case Or(left=left, right=right):
                return Or(made(left), made(right))
            case Not(key=negated):
                return Not(made(negated))
            case Filter():
                return self._value(key, within, fuzzily=fuzzily or key.fuzzily, depth=depth)
            case Header() | Contains() if fuzzily:
                return self._fuzzy(key)
            case Fuzzy(key=inner):
                return self._fuzzy(inner)
            case _:
                return key

    def _fuzzy(self, key: Header | Contains) -> Fuzzy:
        self._fuzzy_count += 1
        if self._fuzzy_count > MOST_FUZZY_KEYS:
            raise errors.LimitReached(f"With its filters a search has at most {MOST_FUZZY_KEYS} keys with FUZZY")
        return Fuzzy(key)

    def _value(self, key: Filter, within: tuple[str, ...], *, fuzzily: bool, depth: int) -> SearchKey:
        """One that names itself, by however many others, is as good as not there."""
        name = key.name.lower()
        if name in within or len(within) == MOST_PASSES or name not in self._filters:
            raise UndefinedFilter(key.name)
        return self.key(self._filters[name].key, within=(*within, name), fuzzily=fuzzily, depth=depth + 1)


def _names_in(key: SearchKey) -> set[str]:
    return {one.name.lower() for one in _all_in(key) if isinstance(one, Filter)}


def _is_fuzzy(key: SearchKey) -> bool:
    return any(isinstance(one, Fuzzy) for one in _all_in(key))


def _all_in(key: SearchKey) -> Iterator[SearchKey]:
    left = [key]
    while left:
        one = left.pop()
        yield one
        match one:
            case And(keys=keys):
                left += keys
            case Or(left=first, right=second):
                left += (first, second)
            case Not(key=negated):
                left.append(negated)
