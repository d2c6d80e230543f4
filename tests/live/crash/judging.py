"""Holds what was found against what had to be there; every complaint is one line that says what is wrong and with which mail."""

from __future__ import annotations

from collections.abc import Iterator

from tests.live.crash.ledger import Change, Copies, Expected, Key, State
from tests.live.crash.seen import Folder, Mailbox, Seen


def complaints(expected: Expected, seen: Seen) -> list[str]:
    """Everything that is wrong; empty when nothing is."""
    found = seen.copies()
    wrong = [f"skrytka check: {finding}" for finding in seen.findings]
    doubtful = {key for change in expected.open for key in change.after}
    wrong += _judge_certain({key: copies for key, copies in expected.certain.items() if key not in doubtful}, found)
    wrong += [f"nobody wrote {key}, but there is {found[key]}" for key in _unknown(expected, found, doubtful)]
    for change in expected.open:
        wrong += _judge_open(change, found)
    for address, mailbox in seen.mailboxes.items():
        wrong += (f"{address}: {complaint}" for complaint in _judge_mailbox(mailbox))
    return wrong


def fits(wanted: Copies, found: Copies) -> bool:
    """The same copies, each once; a wanted UID that is not known fits any."""
    left = list(found)
    for copy in sorted(wanted, key=lambda one: one.uid is None):
        for index, other in enumerate(left):
            same = (copy.folder, copy.flags) == (other.folder, other.flags)
            if same and copy.uid in (None, other.uid):
                del left[index]
                break
        else:
            return False
    return not left


def _judge_certain(certain: State, found: State) -> Iterator[str]:
    for key, copies in certain.items():
        if not fits(copies, found.get(key, ())):
            yield f"{key}: acknowledged is {copies}, but there is {found.get(key, ())}"


def _unknown(expected: Expected, found: State, doubtful: set[Key]) -> Iterator[Key]:
    for key in found:
        if key not in expected.certain and key not in doubtful:
            yield key


def _judge_open(change: Change, found: State) -> Iterator[str]:
    for state in (change.before, *change.between, change.after):
        if all(fits(copies, found.get(key, ())) for key, copies in state.items()):
            return
    there = {key: found.get(key, ()) for key in change.after}
    yield f"half done: {change.what}: from {change.before} to {change.after}, but there is {there}"


def _judge_mailbox(mailbox: Mailbox) -> Iterator[str]:
    entries = [entry for folder in mailbox.folders.values() for entry in folder.entries]
    used = (mailbox.used_messages, mailbox.used_octets)
    real = (len(entries), sum(entry.size_octets for entry in entries))
    if used != real:
        yield f"the quota's usage is {used}, there is {real}"
    for name, folder in mailbox.folders.items():
        yield from (f"{name}: {complaint}" for complaint in _judge_folder(folder))


def _judge_folder(folder: Folder) -> Iterator[str]:
    uids = [entry.uid for entry in folder.entries]
    if uids != sorted(set(uids)):
        yield f"UIDs do not ascend: {uids}"
    if uids and uids[-1] >= folder.uid_next:
        yield f"UIDNEXT is {folder.uid_next}, but there is UID {uids[-1]}"
    if any(entry.modseq > folder.highest_modseq for entry in folder.entries):
        yield f"HIGHESTMODSEQ is {folder.highest_modseq}, but a message has a higher modseq"
    counted = (folder.messages, folder.unseen, folder.octets)
    unseen = sum("seen" not in entry.flags for entry in folder.entries)
    real = (len(uids), unseen, sum(entry.size_octets for entry in folder.entries))
    if counted != real:
        yield f"messages, unseen, octets are counted as {counted}, really {real}"
    for entry in folder.entries:
        if not entry.whole:
            yield f"UID {entry.uid} ({entry.token}) has other octets than were sent"
