"""What a folder may never take back, over all crashes: UIDVALIDITY, UIDs once given, UIDNEXT and HIGHESTMODSEQ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.live.crash.ledger import Ledger
from tests.live.crash.seen import Folder, Seen


@dataclass
class _Known:
    uid_validity: int
    uid_next: int = 0
    highest_modseq: int = 0
    tokens: dict[int, str] = field(default_factory=dict)


class History:
    """Feed it with each ledger, then with what was seen after the crash."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str], _Known] = {}

    def complaints(self, ledger: Ledger, seen: Seen) -> list[str]:
        """What is wrong with this reading; it counts as known from then on."""
        wrong: list[str] = []
        told = self._told(ledger)
        for address, mailbox in seen.mailboxes.items():
            for name, folder in mailbox.folders.items():
                known = self._folders.setdefault((address, name), _Known(folder.uid_validity))
                new = told.get((address, name), {})
                wrong += (f"{address} {name}: {complaint}" for complaint in _judge(known, new, folder))
        return wrong

    def _told(self, ledger: Ledger) -> dict[tuple[str, str], dict[int, str]]:
        """The UIDs of acknowledged changes."""
        told: dict[tuple[str, str], dict[int, str]] = {}
        for change in ledger.changes:
            if change.acked_at is None:
                continue
            for key, copies in change.after.items():
                for copy in copies:
                    if copy.uid is not None:
                        told.setdefault((key.address, copy.folder), {})[copy.uid] = key.token
        return told


def _judge(known: _Known, told: dict[int, str], folder: Folder) -> Iterator[str]:
    if folder.uid_validity != known.uid_validity:
        yield f"UIDVALIDITY was {known.uid_validity}, is {folder.uid_validity}"
    if folder.uid_next < max(known.uid_next, max(told, default=0) + 1):
        yield f"UIDNEXT is {folder.uid_next}, after {known.uid_next} and acknowledged UIDs up to {max(told, default=0)}"
    if folder.highest_modseq < known.highest_modseq:
        yield f"HIGHESTMODSEQ was {known.highest_modseq}, is {folder.highest_modseq}"
    here = {entry.uid: entry.token for entry in folder.entries}
    for uid in (told.keys() | here.keys()) - known.tokens.keys():
        if uid < known.uid_next:
            yield f"UID {uid} was given twice: it is new, but UIDNEXT was {known.uid_next} already"
    for uid, token in [*told.items(), *here.items()]:
        before = known.tokens.setdefault(uid, token)
        if before != token:
            yield f"UID {uid} was given twice: to {before} and to {token}"
    known.uid_next = folder.uid_next
    known.highest_modseq = folder.highest_modseq
