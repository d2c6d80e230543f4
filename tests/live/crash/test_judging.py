"""The judge itself: each thing that a crash must not do is done to what was seen, and must be complained of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.live.crash.history import History
from tests.live.crash.judging import complaints
from tests.live.crash.ledger import Copy, Key, Ledger
from tests.live.crash.seen import Entry, Folder, Mailbox, Seen

ANN = "ann@example.org"
FIRST, SECOND, THIRD = (Key(ANN, f"lmtp0.{number}.small") for number in (1, 2, 3))
SEEN = frozenset({"seen"})
Folders = dict[str, Folder]


def entry(uid: int, key: Key, modseq: int, flags: frozenset[str] = frozenset()) -> Entry:
    return Entry(uid, key.token, flags, 100, modseq, whole=True)


def folder(uid_next: int, modseq: int, *entries: Entry) -> Folder:
    unseen = sum("seen" not in each.flags for each in entries)
    return Folder(7, uid_next, modseq, len(entries), unseen, 100 * len(entries), entries)


def seen(folders: Folders, findings: tuple[str, ...] = ()) -> Seen:
    count = sum(each.messages for each in folders.values())
    return Seen({ANN: Mailbox(100 * count, count, folders)}, list(findings))


async def played() -> Ledger:
    """Two mails delivered and told, the second one seen; a MOVE of both that nobody answered."""
    ledger = Ledger(seen({}).copies())
    for uid, key in ((1, FIRST), (2, SECOND)):
        ledger.acknowledge(ledger.begin("APPEND", {key: (Copy("INBOX"),)}), {key: (Copy("INBOX", uid),)})
    ledger.acknowledge(ledger.begin("STORE", {SECOND: (Copy("INBOX", 2, SEEN),)}))
    ledger.hear_modseq(ANN, "INBOX", 4)
    ledger.begin("MOVE", {FIRST: (Copy("Work"),), SECOND: (Copy("Work", None, SEEN),)})
    ledger.begin("POST", {THIRD: (Copy("Work"),)})
    return ledger


def before() -> Folders:
    return {"INBOX": folder(3, 4, entry(1, FIRST, 2), entry(2, SECOND, 4, SEEN)), "Work": folder(1, 1)}


def after() -> Folders:
    moved = (entry(1, FIRST, 5), entry(2, SECOND, 5, SEEN), entry(3, THIRD, 6))
    return {"INBOX": folder(3, 5), "Work": folder(4, 6, *moved)}


@pytest.mark.parametrize("folders", [before(), after()])
async def test_what_was_asked_for_may_have_happened_or_not(folders: Folders) -> None:
    ledger = await played()
    assert complaints(ledger.expected(), seen(folders)) == []
    assert History({(ANN, "INBOX"): 7}).complaints(ledger, seen(folders)) == []


def inbox(**changes: object) -> Folders:
    folders = before()
    return {**folders, "INBOX": replace(folders["INBOX"], **changes)}  # type: ignore[arg-type]


HERE = before()["INBOX"].entries
WRONG: dict[str, Callable[[], Folders]] = {
    "acknowledged is|half done": lambda: {**before(), "INBOX": folder(3, 4, HERE[0])},
    "half done: MOVE": lambda: {"INBOX": folder(3, 4, HERE[0]), "Work": folder(2, 5, entry(1, SECOND, 5, SEEN))},
    "half done: MOVE.*": lambda: {"INBOX": before()["INBOX"], "Work": after()["Work"]},
    "half done: POST": lambda: {**before(), "Work": folder(3, 5, entry(1, THIRD, 5), entry(2, THIRD, 5))},
    "half done: .*frozenset": lambda: {**before(), "INBOX": folder(3, 4, HERE[0], replace(HERE[1], flags=frozenset()))},
    "nobody wrote": lambda: {**before(), "Work": folder(2, 5, entry(1, Key(ANN, "x.1.small"), 5))},
    "UIDs do not ascend": lambda: inbox(entries=HERE[::-1]),
    "UIDNEXT is 2, but": lambda: inbox(uid_next=2),
    "HIGHESTMODSEQ is 3, but": lambda: inbox(highest_modseq=3),
    "counted as .2, 0, 200.": lambda: inbox(unseen=0),
    "counted as .2, 1, 100.": lambda: inbox(octets=100),
    "counted as .3, 1, 200.": lambda: inbox(messages=3),
    "other octets": lambda: inbox(entries=(HERE[0], replace(HERE[1], whole=False))),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_every_kind_of_harm_is_complained_of(wrong: str) -> None:
    found = complaints((await played()).expected(), seen(WRONG[wrong]()))
    assert any(re.search(wrong, each) for each in found), found


async def test_a_certain_mail_that_is_lost_or_doubled_is_complained_of() -> None:
    ledger = Ledger(seen({}).copies())
    ledger.acknowledge(ledger.begin("LMTP", {FIRST: (Copy("INBOX"),)}))
    lost, doubled = folder(2, 2), folder(3, 3, entry(1, FIRST, 2), entry(2, FIRST, 3))
    for found in (lost, doubled):
        assert "acknowledged is" in " ".join(complaints(ledger.expected(), seen({"INBOX": found})))


async def test_usage_and_what_the_check_finds_are_complained_of() -> None:
    ledger, spoilt = await played(), seen(before(), ("counter",))
    spoilt.mailboxes[ANN] = replace(spoilt.mailboxes[ANN], used_octets=1)
    found = " ".join(complaints(ledger.expected(), spoilt))
    assert "skrytka check: counter" in found
    assert "the quota's usage is (2, 1), there is (2, 200)" in found


GONE_BACK: dict[str, Callable[[], Folders]] = {
    "UIDVALIDITY was 7, is 8": lambda: inbox(uid_validity=8),
    "UIDNEXT is 2, after 3": lambda: inbox(uid_next=2),
    "acknowledged UIDs up to 2": lambda: inbox(uid_next=2),
    "HIGHESTMODSEQ is 3, after 4": lambda: inbox(highest_modseq=3),
    "and an answer with 4": lambda: inbox(highest_modseq=3),
    "UID 1 has modseq 1, had 2": lambda: inbox(entries=(replace(HERE[0], modseq=1), HERE[1])),
    "UID 1 has other flags": lambda: inbox(entries=(replace(HERE[0], flags=SEEN), HERE[1])),
    "UID 1 was given twice: to": lambda: inbox(entries=(entry(1, THIRD, 5), HERE[1])),
}


@pytest.mark.parametrize("wrong", GONE_BACK)
async def test_what_a_folder_takes_back_is_complained_of(wrong: str) -> None:
    history, ledger = History(), await played()
    assert history.complaints(ledger, seen(before())) == []
    assert wrong in " ".join(history.complaints(ledger, seen(GONE_BACK[wrong]())))


async def test_a_uid_that_an_expunged_message_had_is_not_given_again() -> None:
    history = History()
    assert history.complaints(Ledger({}), seen({"INBOX": folder(3, 4)})) == []
    found = history.complaints(Ledger({}), seen({"INBOX": folder(3, 5, entry(2, THIRD, 5))}))
    assert "UID 2 was given twice" in " ".join(found)


async def test_what_was_told_after_the_power_went_is_not_asked_for() -> None:
    clock = iter(range(10, 100, 10))
    ledger = Ledger({}, lambda: next(clock))
    change = ledger.begin("APPEND", {FIRST: (Copy("INBOX"),)})
    ledger.acknowledge(change, {FIRST: (Copy("INBOX", 1),)})
    nothing = seen({"INBOX": folder(1, 1)})
    assert History().complaints(ledger, nothing, at=15) == []
    assert History().complaints(ledger, nothing, at=20) != []
