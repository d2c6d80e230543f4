"""Puts a search together: what the listing decides, and the tests for the messages that it leaves open."""

from __future__ import annotations

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands import Search
from skrytka_imap.commands.search import And, Not, Or, SearchKey
from skrytka_imap.search.charsets import decoder
from skrytka_imap.search.facts import Facts
from skrytka_imap.search.keys import Test, all_of, any_of, member, opposite, single_test
from skrytka_imap.search.listing import Judge, Listing, Members
from skrytka_imap.search.needs import needs


class Matcher:
    """One SEARCH over one listing. Raises ``BadCharset``."""

    def __init__(self, search: Search, listing: Listing) -> None:
        builder = _Builder(search, listing)
        built = builder.build(search.key)
        self.found = builder.judge.places(built.surely)
        """Places of the messages that match, decided by the listing alone."""
        self.undecided = builder.judge.places(built.maybe ^ built.surely)
        """Places of those that take more."""
        self.needs = needs(search.key)
        """What deciding these takes at most."""
        self._test = builder.test_of(built)

    def decide(
        self, place: int, row: model.MessageRow, header: bytes | None = None, octets: bytes | None = None
    ) -> bool | None:
        """Whether the message at ``place`` matches; None if what is given does not tell. Pure: it may run in a thread."""
        return self._test(Facts(place, row, header, octets))


class _Built(msgspec.Struct, frozen=True):
    """A key: who matches for sure, who may match (the former among them), and if these differ, the test that decides."""

    surely: Members
    maybe: Members
    test: Test | None


class _Builder:
    def __init__(self, search: Search, listing: Listing) -> None:
        self.judge = Judge(listing)
        self._codec = decoder(search.charset)

    def build(self, key: SearchKey) -> _Built:
        match key:
            case And(keys=keys):
                return self._build_and(keys)
            case Or(left=left, right=right):
                return self._build_or(left, right)
            case Not(key=negated):
                return self._build_not(negated)
        members = self.judge.members(key)
        if members is None:
            return _Built(0, self.judge.everyone, single_test(key, self._codec))
        return _Built(members, members, None)

    def test_of(self, built: _Built) -> Test:
        """The test of a key; a look-up where the listing has decided."""
        return built.test or member(self.judge.octets(built.surely))

    def _build_and(self, keys: tuple[SearchKey, ...]) -> _Built:
        """What the listing decides of all keys is one set; the other keys are asked cheapest first."""
        surely = maybe = settled = self.judge.everyone
        tests: list[Test] = []
        for key in sorted(keys, key=needs):
            built = self.build(key)
            surely &= built.surely
            maybe &= built.maybe
            if built.test is None:
                settled &= built.surely
            else:
                tests.append(built.test)
        if surely == maybe:
            return _Built(surely, maybe, None)
        if settled != self.judge.everyone:
            tests.insert(0, member(self.judge.octets(settled)))
        return _Built(surely, maybe, all_of(tests))

    def _build_or(self, left: SearchKey, right: SearchKey) -> _Built:
        one, other = (self.build(key) for key in sorted((left, right), key=needs))
        surely, maybe = one.surely | other.surely, one.maybe | other.maybe
        test = None if surely == maybe else any_of((self.test_of(one), self.test_of(other)))
        return _Built(surely, maybe, test)

    def _build_not(self, key: SearchKey) -> _Built:
        built = self.build(key)
        everyone = self.judge.everyone
        test = None if built.test is None else opposite(built.test)
        return _Built(everyone ^ built.maybe, everyone ^ built.surely, test)
