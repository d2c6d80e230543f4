"""What a reader found after a crash, in the form that is judged, however it was read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tests.live.crash.ledger import EXISTS, THE_MAILBOX, Copies, Copy, Key, State


@dataclass(frozen=True)
class Entry:
    """One message. ``whole`` tells whether its octets are those of its token."""

    uid: int
    token: str
    flags: frozenset[str]
    size_octets: int
    modseq: int
    whole: bool


@dataclass(frozen=True)
class Folder:
    """The counters as they are told, and the entries."""

    uid_validity: int
    uid_next: int
    highest_modseq: int
    messages: int
    unseen: int
    octets: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Mailbox:
    """``values`` are its metadata and its access control lists."""

    used_octets: int
    used_messages: int
    folders: dict[str, Folder]
    values: State = field(default_factory=dict)


@dataclass
class Seen:
    """All mailboxes by address, and what ``skrytka check`` found."""

    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def copies(self) -> dict[Key, Copies]:
        """In the ledger's terms."""
        found: defaultdict[Key, list[Copy]] = defaultdict(list)
        for address, mailbox in self.mailboxes.items():
            found[Key(address, THE_MAILBOX)] = list(EXISTS)
            for name, folder in mailbox.folders.items():
                for entry in folder.entries:
                    found[Key(address, entry.token)].append(Copy(name, entry.uid, entry.flags))
        values = {key: copies for mailbox in self.mailboxes.values() for key, copies in mailbox.values.items()}
        return {key: tuple(copies) for key, copies in found.items()} | values
