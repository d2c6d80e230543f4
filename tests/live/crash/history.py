"""What a folder may never take back, over all crashes: UIDVALIDITY, UIDs once given, UIDNEXT and modseqs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.live.crash.ledger import Ledger, Told
from tests.live.crash.seen import Entry, Folder, Seen

_NOTHING = Told({}, 0)


@dataclass
class _Known:
    uid_validity: int
    uid_next: int = 0
    highest_modseq: int = 0
    tokens: dict[int, str] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)


class History:
    """Feed it with each ledger, then with what was seen after the crash. ``uid_validities`` are those known beforehand."""

    def __init__(self, uid_validities: Mapping[tuple[str, str], int] | None = None) -> None:
        self._folders = {place: _Known(known) for place, known in (uid_validities or {}).items()}

    def complaints(self, ledger: Ledger, seen: Seen, at: int | None = None) -> list[str]:
        """What is wrong with this reading after a crash at that time, or now; it counts as known from then on."""
        wrong: list[str] = []
        told = ledger.told(at)
        for address, mailbox in seen.mailboxes.items():
            for name, folder in mailbox.folders.items():
                known = self._folders.setdefault((address, name), _Known(folder.uid_validity))
                new = told.get((address, name), _NOTHING)
                wrong += (f"{address} {name}: {complaint}" for complaint in _judge(known, new, folder))
        return wrong


def _judge(known: _Known, told: Told, folder: Folder) -> Iterator[str]:
    if folder.uid_validity != known.uid_validity:
        yield f"UIDVALIDITY was {known.uid_validity}, is {folder.uid_validity}"
    yield from _judge_uids(known, told.tokens, folder)
    yield from _judge_modseqs(known, told.modseq, folder)
    known.uid_next = folder.uid_next
    known.highest_modseq = folder.highest_modseq
    known.entries = {entry.uid: entry for entry in folder.entries}


def _judge_uids(known: _Known, told: dict[int, str], folder: Folder) -> Iterator[str]:
    if folder.uid_next < max(known.uid_next, max(told, default=0) + 1):
        yield f"UIDNEXT is {folder.uid_next}, after {known.uid_next} and acknowledged UIDs up to {max(told, default=0)}"
    here = {entry.uid: entry.token for entry in folder.entries}
    for uid in (told.keys() | here.keys()) - known.tokens.keys():
        if uid < known.uid_next:
            yield f"UID {uid} was given twice: it is new, but UIDNEXT was {known.uid_next} already"
    for uid, token in [*told.items(), *here.items()]:
        before = known.tokens.setdefault(uid, token)
        if before != token:
            yield f"UID {uid} was given twice: to {before} and to {token}"


def _judge_modseqs(known: _Known, told: int, folder: Folder) -> Iterator[str]:
    """RFC 7162 section 3.1: a change of a message raises its modseq, and nothing ever lowers one."""
    if folder.highest_modseq < max(known.highest_modseq, told):
        yield f"HIGHESTMODSEQ is {folder.highest_modseq}, after {known.highest_modseq} and an answer with {told}"
    for entry in folder.entries:
        before = known.entries.get(entry.uid, entry)
        if entry.modseq < before.modseq:
            yield f"UID {entry.uid} has modseq {entry.modseq}, had {before.modseq}"
        if entry.flags != before.flags and entry.modseq <= known.highest_modseq:
            yield f"UID {entry.uid} has other flags, but its modseq {entry.modseq} is not new"
