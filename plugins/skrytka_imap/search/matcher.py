"""Puts a search together: what the listing decides, and the tests for the messages that it leaves open."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import msgspec

from skrytka.plugin_api import errors, model, text_search
from skrytka_imap.commands import Search
from skrytka_imap.commands.search import And, Not, Or, SearchKey
from skrytka_imap.search.charsets import decoder
from skrytka_imap.search.facts import Facts
from skrytka_imap.search.keys import UNKNOWN, Test, all_of, any_of, member, opposite, question, single_test, unless
from skrytka_imap.search.listing import Breathe, Judge, Listing, Members
from skrytka_imap.search.needs import Needs, effort, needs

FEW = 16
"""So few messages are looked at themselves sooner than an index is asked."""

Find = Callable[[text_search.Asked], Awaitable[text_search.Answer | None]]


class Matcher(msgspec.Struct, frozen=True):
    """One SEARCH over one listing.

    ``found`` are the places of the messages that match, decided by the listing alone, ``undecided`` those of messages that take
    more, and ``needs`` what deciding these takes at most. ``members`` tells the same as ``found``, with an octet per message.
    ``effort`` is how often deciding looks through what it needs.
    ``scores`` has what FUZZY found out so far of messages that match, from 1 to 100, by place (RFC 6203 section 4).
    """

    members: bytes
    found: list[int]
    undecided: list[int]
    needs: Needs
    effort: int
    test: Test
    scores: dict[int, int]

    def decide(
        self, place: int, row: model.MessageRow, header: bytes | None = None, octets: bytes | None = None
    ) -> bool | None:
        """Whether the message at ``place`` matches; None if what is given does not tell. It may run in a thread."""
        facts = Facts(place, row, header, octets)
        verdict = self.test(facts)
        if verdict and facts.scores:
            self.scores[place] = sum(facts.scores) // len(facts.scores)
        return verdict


async def compiled(
    search: Search, listing: Listing, breathe: Breathe, find: Find | None = None, most_octets: int = sys.maxsize
) -> Matcher:
    """The matcher of a search. Calls ``breathe`` between keys; raises ``BadCharset``. ``find`` asks an index of texts.

    ``LimitReached`` where what its tests keep of the messages takes more than ``most_octets``.
    """
    builder = _Builder(search, listing, breathe, find, most_octets)
    built = await builder.build(search.key)
    found, undecided = (builder.judge.places(members) for members in (built.surely, built.maybe ^ built.surely))
    octets, test = builder.judge.octets(built.surely), builder.test_of(built)
    return Matcher(octets, found, undecided, needs(search.key), effort(search.key), test, {})


class _Built(msgspec.Struct, frozen=True):
    """A key: who matches for sure, who may match (the former among them), and if these differ, the test that decides."""

    surely: Members
    maybe: Members
    test: Test | None


class _Builder:
    def __init__(self, search: Search, listing: Listing, breathe: Breathe, find: Find | None, most_octets: int) -> None:
        self.judge = Judge(listing, breathe)
        self._codec = decoder(search.charset)
        self._now = listing.now
        self._find = find
        self._left = most_octets

    async def build(self, key: SearchKey, among: int | None = None) -> _Built:
        """``among`` says how many messages at most are asked about."""
        match key:
            case And(keys=keys):
                return await self._build_and(keys)
            case Or(left=left, right=right):
                return await self._build_or(left, right)
            case Not(key=negated):
                return await self._build_not(negated)
        members = await self.judge.members(key)
        if members is not None:
            return _Built(members, members, None)
        test = single_test(key, self._codec, self._now)
        if self._find is None or (among is not None and among <= FEW):
            return _Built(0, self.judge.everyone, test)
        return await self._by_index(key, test, self._find)

    async def _by_index(self, key: SearchKey, test: Test, find: Find) -> _Built:
        """What the index says of a key, if it is one of text; messages that it does not know are to be looked at."""
        asked = question(key, self._codec)
        answer = None if asked is None else await find(asked)
        if answer is None:
            return _Built(0, self.judge.everyone, test)
        surely, unsure = self.judge.with_uids(answer.found), self.judge.with_uids(answer.open)
        maybe = surely | unsure
        if surely == maybe:
            return _Built(surely, maybe, None)
        return _Built(surely, maybe, unless(self._kept(surely + UNKNOWN * (maybe ^ surely)), test))

    def _kept(self, members: Members) -> bytes:
        """What a test looks up of each message; ``LimitReached`` where that is too much for all tests together."""
        octets = self.judge.octets(members)
        self._left -= len(octets)
        if self._left < 0:
            raise errors.LimitReached("So many keys are too many for so many messages")
        return octets

    def test_of(self, built: _Built) -> Test:
        """The test of a key; a look-up where the listing has decided."""
        return built.test or member(self._kept(built.surely))

    async def _build_and(self, keys: tuple[SearchKey, ...]) -> _Built:
        """What the listing decides of all keys is one set; the other keys are asked cheapest first."""
        surely = maybe = settled = self.judge.everyone
        tests: list[Test] = []
        for key in sorted(keys, key=needs):
            built = await self.build(key, maybe.bit_count())
            surely &= built.surely
            maybe &= built.maybe
            if built.test is None:
                settled &= built.surely
            else:
                tests.append(built.test)
        if surely == maybe:
            return _Built(surely, maybe, None)
        if settled != self.judge.everyone:
            tests.insert(0, member(self._kept(settled)))
        return _Built(surely, maybe, all_of(tests))

    async def _build_or(self, left: SearchKey, right: SearchKey) -> _Built:
        first, second = sorted((left, right), key=needs)
        one, other = await self.build(first), await self.build(second)
        surely, maybe = one.surely | other.surely, one.maybe | other.maybe
        test = None if surely == maybe else any_of((self.test_of(one), self.test_of(other)))
        return _Built(surely, maybe, test)

    async def _build_not(self, key: SearchKey) -> _Built:
        built = await self.build(key)
        everyone = self.judge.everyone
        test = None if built.test is None else opposite(built.test)
        return _Built(everyone ^ built.maybe, everyone ^ built.surely, test)
