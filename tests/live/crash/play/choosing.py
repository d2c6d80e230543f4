"""Mails that a mail program has chosen, and what its commands make of them, in the ledger's terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.live.crash.ledger import Copies, Copy, Key, State

_COPYUID = re.compile(rb"\[COPYUID [0-9]+ ([0-9:,]+) ([0-9:,]+)\]")
_APPENDUID = re.compile(rb"\[APPENDUID [0-9]+ ([0-9:,]+)\]")


class Place(NamedTuple):
    """A folder of somebody's mailbox."""

    address: str
    folder: str

    def name(self, address: str) -> str:
        """What whose mailbox is ``address`` calls it."""
        return self.folder if self.address == address else f'"Other users/{self.address}/{self.folder}"'


class Chosen(NamedTuple):
    """One copy of a mail, with all its copies in that mailbox."""

    key: Key
    copies: Copies
    copy: Copy


def uids(chosen: Sequence[Chosen]) -> str:
    return ",".join(str(one.copy.uid) for one in chosen)


def changed(chosen: Sequence[Chosen], change: Callable[[Copy], Copy | None]) -> dict[Key, Copies]:
    """All copies of the mails, the chosen ones changed; None takes them away."""
    after = {}
    for one in chosen:
        others = tuple(copy for copy in one.copies if copy != one.copy)
        new = change(one.copy)
        after[one.key] = others if new is None else (*others, new)
    return after


def copied(chosen: Sequence[Chosen], target: Place, there: State) -> dict[Key, Copies]:
    """The chosen mails, and their copies in the target. ``there`` has what its mailbox has of them already."""
    after: dict[Key, Copies] = {one.key: one.copies for one in chosen}
    for one in chosen:
        key = Key(target.address, one.key.token)
        after[key] = (*there[key], Copy(target.folder, None, one.copy.flags))
    return after


def moved(chosen: Sequence[Chosen], target: Place, there: State) -> dict[Key, Copies]:
    """The same, without the mails that were copied."""
    after = copied(chosen, target, there)
    for one in chosen:
        after[one.key] = tuple(copy for copy in after[one.key] if copy != one.copy)
    return after


def on_the_way(chosen: Sequence[Chosen], target: Place, there: State) -> list[State]:
    """What may be left of a COPY or MOVE into another mailbox that is cut off: the copies are made in the order of the UIDs, and
    nothing goes before all are there. Within a mailbox all happens at one stroke."""
    if any(one.key.address == target.address for one in chosen):
        return []
    return [copied(chosen[:count], target, there) for count in range(1, len(chosen) + 1)]


def with_new_uids(after: State, told: bytes, chosen: Sequence[Chosen], target: Place) -> State:
    """RFC 4315 section 3: the two sets of COPYUID correspond, number by number."""
    found = _COPYUID.search(told)
    assert found is not None, told
    new = dict(zip(_numbers(found[1]), _numbers(found[2]), strict=True))
    state = dict(after)
    for one in chosen:
        assert one.copy.uid is not None
        uid, key = new[one.copy.uid], Key(target.address, one.key.token)
        state[key] = tuple(Copy(copy.folder, uid, copy.flags) if copy.uid is None else copy for copy in state[key])
    return state


def with_append_uids(new: Sequence[tuple[Key, Copy]], told: bytes) -> State:
    """The new mails with the UIDs that APPENDUID names in their order."""
    found = _APPENDUID.search(told)
    assert found is not None, told
    numbers = _numbers(found[1])
    return {key: (Copy(copy.folder, uid, copy.flags),) for (key, copy), uid in zip(new, numbers, strict=True)}


def _numbers(uid_set: bytes) -> list[int]:
    numbers: list[int] = []
    for part in uid_set.decode().split(","):
        first, _, last = part.partition(":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
