"""The record of what clients asked for and what was acknowledged: what has to be there after a crash follows from it.

Every mail has one owner at a time, so that the changes of one mail come one after the other; any number of owners work side
by side. A change that was asked for and never answered stays open, and its mails are left alone from then on.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

THE_MAILBOX = ""
"""Instead of a token: the mailbox itself, which is there (one copy, in no folder) or not."""


class Key(NamedTuple):
    """One mail in one mailbox."""

    address: str
    token: str


@dataclass(frozen=True)
class Copy:
    """One message that holds the mail. ``uid`` None: its number was not told. Flags as REST names them."""

    folder: str
    uid: int | None = None
    flags: frozenset[str] = frozenset()


Copies = tuple[Copy, ...]
State = Mapping[Key, Copies]

EXISTS: Copies = (Copy(""),)


@dataclass
class Change:
    """From ``before`` to ``after``, at one stroke but for ``between``: so far it may have come when nobody answered it. The times
    are the ledger's."""

    what: str
    before: State
    after: State
    between: Sequence[State]
    begun_at: int
    acked_at: int | None = None


class Told(NamedTuple):
    """What answers said of one folder by a certain time: whose UIDs are whose, and the highest modseq."""

    tokens: dict[int, str]
    modseq: int


@dataclass(frozen=True)
class Expected:
    """What a reader must find: ``certain``, and for every open change its ``before``, its ``after`` or what it names in between,
    never another mixture."""

    certain: State
    open: tuple[Change, ...]


class Ledger:
    """``clock`` tells the time of the crash that is played; where the crash comes last of all, any time will do."""

    def __init__(self, base: State, clock: Callable[[], int] = lambda: 0) -> None:
        self._base = dict(base)
        self._clock = clock
        self._now: dict[Key, Copies] = dict(base)
        self._busy: set[Key] = set()
        self._counted = asyncio.Condition()
        self._tellers: set[asyncio.Task[None]] = set()
        self.changes: list[Change] = []
        self.acknowledged = 0
        self._modseqs: list[tuple[int, str, str, int]] = []

    def copies(self, key: Key) -> Copies | None:
        """Where the mail is, None while that is open."""
        return None if key in self._busy else self._now.get(key, ())

    def settled(self) -> State:
        """Every mail that is somewhere and of which that is certain."""
        return {key: copies for key, copies in self._now.items() if copies and key not in self._busy}

    def begin(self, what: str, after: State, between: Sequence[State] = ()) -> Change:
        """Written down before the request is sent. What a state in between does not name is as before."""
        assert not self._busy & after.keys(), f"{what}: an earlier change is still open"
        before = {key: self._now.get(key, ()) for key in after}
        change = Change(what, before, dict(after), [{**before, **state} for state in between], self._clock())
        self._busy |= after.keys()
        self.changes.append(change)
        return change

    def acknowledge(self, change: Change, after: State | None = None) -> None:
        """Written down once the answer has been read; ``after`` has the UIDs that the answer told."""
        change.after = change.after if after is None else dict(after)
        change.acked_at = self._clock()
        self._now.update(change.after)
        self._busy -= change.after.keys()
        self.acknowledged += 1
        teller = asyncio.get_running_loop().create_task(self._tell())
        self._tellers.add(teller)
        teller.add_done_callback(self._tellers.discard)

    def refuse(self, change: Change) -> None:
        """The answer says that nothing happened, and never will."""
        self.acknowledge(change, change.before)

    def hear_modseq(self, address: str, folder: str, modseq: int) -> None:
        """An answer named it: the folder may never again have a lower one."""
        self._modseqs.append((self._clock(), address, folder, modseq))

    def told(self, at: int | None = None) -> dict[tuple[str, str], Told]:
        """By address and folder, what had been read by that time, or by now."""
        tokens: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        modseqs: defaultdict[tuple[str, str], int] = defaultdict(int)
        for change in self.changes:
            if change.acked_at is None or (at is not None and change.acked_at > at):
                continue
            for key, copies in change.after.items():
                for copy in copies:
                    if copy.uid is not None:
                        tokens[key.address, copy.folder][copy.uid] = key.token
        for heard_at, address, folder, modseq in self._modseqs:
            if at is None or heard_at <= at:
                modseqs[address, folder] = max(modseq, modseqs[address, folder])
        return {place: Told(tokens[place], modseqs[place]) for place in [*tokens, *modseqs]}

    async def _tell(self) -> None:
        async with self._counted:
            self._counted.notify_all()

    async def reaches(self, count: int) -> None:
        """Wait until so many changes were acknowledged."""
        async with self._counted:
            await self._counted.wait_for(lambda: self.acknowledged >= count)

    def expected(self, at: int | None = None) -> Expected:
        """What has to be there after a crash at that time, or now."""
        begun = itertools.filterfalse(lambda change: at is not None and change.begun_at > at, self.changes)
        certain = dict(self._base)
        unanswered: list[Change] = []
        for change in begun:
            if change.acked_at is not None and (at is None or change.acked_at <= at):
                certain.update(change.after)
            else:
                unanswered.append(change)
        return Expected({key: copies for key, copies in certain.items() if copies}, tuple(unanswered))
