"""The judge on changes that nobody answered: how far each kind may have come, and how far not."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from tests.live.crash.judging import complaints
from tests.live.crash.ledger import Copies, Copy, Key, Ledger, State
from tests.live.crash.play.choosing import Chosen, Place, copied, moved, on_the_way
from tests.live.crash.seen import Entry, Folder, Mailbox, Seen
from tests.live.crash.values import entry, grant, holding

ANN, BEN = "ann@example.org", "ben@example.org"
A1, A2, A3, A4 = (Key(ANN, f"imap0.{number}.small") for number in range(1, 5))
B1, B2 = Key(BEN, A1.token), Key(BEN, A2.token)
HERE: State = {A1: (Copy("INBOX", 1),), A2: (Copy("INBOX", 2),)}
FIRST_COPIED: State = {**HERE, B1: (Copy("Work", 1),)}
BOTH_COPIED: State = {**FIRST_COPIED, B2: (Copy("Work", 2),)}
CHOSEN = [Chosen(key, copies, copies[0]) for key, copies in HERE.items()]
WORK = Place(BEN, "Work")
NONE_THERE: State = {B1: (), B2: ()}
PRIVATE, SHARED = (entry(ANN, "INBOX", f"/{scope}/vendor/crash/x") for scope in ("private", "shared"))
OLD: State = {PRIVATE: holding(["old"]), SHARED: holding(["old"])}
NEW: State = {PRIVATE: holding(["new"]), SHARED: holding(["new"])}
MAY = grant(ANN, "Own", BEN)


class Case(NamedTuple):
    """``right`` and ``wrong`` are what a reader may find, and what not."""

    before: State
    after: State
    between: Sequence[State]
    right: Sequence[State]
    wrong: Sequence[State]


REPLACED: State = {A1: (), A3: (Copy("INBOX", 3),)}
CASES = {
    "MULTIAPPEND": Case(
        {},
        {A3: (Copy("INBOX", 1),), A4: (Copy("INBOX", 2),)},
        [],
        [{}, {A3: (Copy("INBOX", 1),), A4: (Copy("INBOX", 2),)}],
        [{A3: (Copy("INBOX", 1),)}, {A4: (Copy("INBOX", 1),)}],
    ),
    "REPLACE": Case(HERE, REPLACED, [], [HERE, {**HERE, **REPLACED}], [{**HERE, A1: ()}, {**REPLACED, **HERE}]),
    "COPY elsewhere": Case(
        HERE,
        copied(CHOSEN, WORK, NONE_THERE),
        on_the_way(CHOSEN, WORK, NONE_THERE),
        [HERE, FIRST_COPIED, BOTH_COPIED],
        [
            {**BOTH_COPIED, B1: ()},
            {**FIRST_COPIED, A1: ()},
            {**BOTH_COPIED, B1: (Copy("Work", 1), Copy("Work", 3))},
            {**BOTH_COPIED, B2: (Copy("INBOX", 2),)},
        ],
    ),
    "MOVE elsewhere": Case(
        HERE,
        moved(CHOSEN, WORK, NONE_THERE),
        on_the_way(CHOSEN, WORK, NONE_THERE),
        [HERE, FIRST_COPIED, BOTH_COPIED, {**BOTH_COPIED, A1: (), A2: ()}],
        [{**BOTH_COPIED, A1: ()}, {**FIRST_COPIED, A1: ()}, {**FIRST_COPIED, A1: (), A2: ()}, {}],
    ),
    "SETMETADATA": Case(OLD, NEW, [], [OLD, NEW], [{**OLD, PRIVATE: NEW[PRIVATE]}, {**OLD, SHARED: ()}, {}]),
    "SETACL": Case(
        {MAY: holding("lr")},
        {MAY: holding("lrs")},
        [],
        [{MAY: holding("lr")}, {MAY: holding("lrs")}],
        [{}, {MAY: holding("l")}, {MAY: holding("lrsw")}],
    ),
}


def found(state: State) -> Seen:
    """What a reader finds who finds just that."""
    mails: defaultdict[str, defaultdict[str, list[tuple[str, Copy]]]] = defaultdict(lambda: defaultdict(list))
    values: defaultdict[str, dict[Key, Copies]] = defaultdict(dict)
    for key, copies in state.items():
        for copy in copies:
            if copy.folder:
                mails[key.address][copy.folder].append((key.token, copy))
            else:
                values[key.address][key] = copies
    read = {}
    for address in (ANN, BEN):
        folders = {name: _folder(held) for name, held in mails[address].items()}
        count = sum(folder.messages for folder in folders.values())
        read[address] = Mailbox(100 * count, count, folders, values[address])
    return Seen(read)


def _folder(held: list[tuple[str, Copy]]) -> Folder:
    by_uid = sorted(held, key=lambda one: one[1].uid or 0)
    entries = tuple(Entry(copy.uid or 0, token, copy.flags, 100, 1, whole=True) for token, copy in by_uid)
    return Folder(7, 9, 9, len(entries), len(entries), 100 * len(entries), entries)


def unanswered(name: str) -> Ledger:
    case = CASES[name]
    ledger = Ledger({**found({}).copies(), **case.before})
    ledger.begin(name, case.after, case.between)
    return ledger


RIGHT = [(name, number) for name, case in CASES.items() for number in range(len(case.right))]
WRONG = [(name, number) for name, case in CASES.items() for number in range(len(case.wrong))]


@pytest.mark.parametrize(("name", "number"), RIGHT)
def test_so_far_it_may_have_come(name: str, number: int) -> None:
    assert complaints(unanswered(name).expected(), found(CASES[name].right[number])) == []


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_it_may_not_have_come_to_this(name: str, number: int) -> None:
    [complaint] = complaints(unanswered(name).expected(), found(CASES[name].wrong[number]))
    assert complaint.startswith(f"half done: {name}")


@pytest.mark.parametrize("name", CASES)
async def test_once_it_was_answered_all_of_it_has_to_be_there(name: str) -> None:
    ledger = unanswered(name)
    [change] = ledger.changes
    ledger.acknowledge(change)
    *earlier, last = CASES[name].right
    assert complaints(ledger.expected(), found(last)) == []
    for state in itertools.chain(earlier, CASES[name].wrong):
        assert complaints(ledger.expected(), found(state))
