"""The words of the design as types: what services take and return.

Every Struct is frozen and holds values only. Times are Unix seconds (UTC, int), sizes are octets.
"""

from __future__ import annotations

import enum
from array import array
from collections.abc import Mapping
from typing import Literal, NewType

import msgspec

MailboxId = NewType("MailboxId", int)
FolderId = NewType("FolderId", int)
ContentId = NewType("ContentId", int)
Uid = NewType("Uid", int)
UidValidity = NewType("UidValidity", int)
ModSeq = NewType("ModSeq", int)

OWNER = MailboxId(0)
"""Stands for the reader of a folder that is his own: he sees the flags that its messages have. Other readers are mailboxes."""


class Flags(enum.IntFlag):
    """The system flags of RFC 3501 section 2.3.2 that are stored; ``\\Recent`` belongs to a session, not to a message."""

    NONE = 0
    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


class Role(enum.StrEnum):
    """What a folder is for (RFC 6154). A role is held by at most one folder of a mailbox."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    JUNK = "junk"
    ARCHIVE = "archive"


class Status(enum.StrEnum):
    """What the provider allows: an ``active`` mailbox does everything, a ``suspended`` one takes no mail and no login."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Namespace(enum.StrEnum):
    """Where others find what a mailbox shares with them (RFC 2342): among the folders of ``others``, or among those that are
    ``shared`` and belong to nobody in person."""

    OTHERS = "others"
    SHARED = "shared"


class Seen(enum.StrEnum):
    """Whose ``\\Seen`` is in the folders that a mailbox shares: ``shared`` by all, or that of each reader (``private``)."""

    SHARED = "shared"
    PRIVATE = "private"


class State(enum.StrEnum):
    """Where a mailbox is in its life, in the directory. Only ``active`` ones serve.

    Nothing makes one ``moving`` yet; it is read, so that the release which does can run beside this one.
    """

    CREATING = "creating"
    ACTIVE = "active"
    MOVING = "moving"
    DELETING = "deleting"


class Actor(msgspec.Struct, frozen=True):
    """Who does a thing. Every service that changes something takes one; expunges and deleted folders keep it.

    What changes the directory takes it for the audit, which is not kept yet. ``protocol`` is the name of the front end, or
    ``rest``, ``cli`` or ``job``.
    """

    credential: str
    protocol: str
    client_address: str = ""
    client_name: str = ""

    def __str__(self) -> str:
        return f"{self.protocol}:{self.credential}@{self.client_address}"


class MailboxRef(msgspec.Struct, frozen=True):
    """Where a mailbox lives: what every service that touches mail needs to find it."""

    mailbox_id: MailboxId
    shard: str
    address: str


class Quota(msgspec.Struct, frozen=True):
    """Limits of a mailbox; ``None`` is unlimited."""

    storage_octets: int | None = None
    messages: int | None = None


class OwnLimits(msgspec.Struct, frozen=True):
    """Limits that the user of a mailbox set, below those of the provider; ``None`` is none."""

    storage_octets: int | None = None
    messages: int | None = None
    folders: int | None = None


class Usage(msgspec.Struct, frozen=True):
    storage_octets: int = 0
    messages: int = 0
    folders: int = 0


class Domain(msgspec.Struct, frozen=True):
    name: str
    status: Status
    created_at: int
    version: int


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox as the directory knows it; ``version`` counts changes of this configuration, not of its mail."""

    ref: MailboxRef
    domain: str
    display_name: str
    status: Status
    state: State
    quota: Quota
    login_enabled: bool
    created_at: int
    version: int
    namespace: Namespace = Namespace.OTHERS
    seen: Seen = Seen.SHARED


class Folder(msgspec.Struct, frozen=True):
    """A folder with its counters, all read at one moment. ``name`` is Unicode, levels separated by ``/``."""

    folder_id: FolderId
    name: str
    role: Role | None
    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    messages: int
    unseen: int
    deleted: int
    octets: int


class MessageRow(msgspec.Struct, frozen=True, gc=False):
    """One message of a folder: the small row. ``keywords`` are sorted case-insensitively."""

    uid: Uid
    flags: Flags
    keywords: tuple[str, ...]
    modseq: ModSeq
    internal_date: int
    saved_at: int
    size_octets: int
    content_id: ContentId


class FolderHead(msgspec.Struct, frozen=True):
    """What tells whether a view of the folder is current."""

    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    expunge_horizon: ModSeq
    messages: int


class FolderView(msgspec.Struct, frozen=True):
    """UIDs and flags of a folder at one modseq, shared by all sessions of the process; nobody may change the arrays.

    ``uids``, ``flags`` and ``modseqs`` run in parallel, ascending by UID. ``keywords`` has only messages that carry any.
    """

    folder_id: FolderId
    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    uids: array[int]
    flags: array[int]
    modseqs: array[int]
    keywords: Mapping[int, tuple[str, ...]]


class NewMessage(msgspec.Struct, frozen=True):
    """What APPEND, delivery or an upload brings in. ``internal_date`` None means now."""

    octets: bytes
    flags: Flags = Flags.NONE
    keywords: tuple[str, ...] = ()
    internal_date: int | None = None


class Appended(msgspec.Struct, frozen=True):
    folder_id: FolderId
    uid_validity: UidValidity
    uids: tuple[Uid, ...]
    modseq: ModSeq


class Copied(msgspec.Struct, frozen=True):
    """Answer of copy and move; ``source_uids[i]`` became ``target_uids[i]``. Source UIDs that no longer exist are left out."""

    uid_validity: UidValidity
    source_uids: tuple[Uid, ...]
    target_uids: tuple[Uid, ...]
    modseq: ModSeq


class Settable(msgspec.Struct, frozen=True):
    """The flags that somebody may set and clear; ``keywords`` are all of them or none."""

    flags: Flags = Flags(31)
    keywords: bool = True


EVERYTHING = Settable()


class FlagChange(msgspec.Struct, frozen=True):
    """One STORE: ``unchanged_since`` is that of RFC 7162 section 3.1.3. ``then`` is done with it, as one change.

    What is not ``settable`` stays as it is.
    """

    mode: Literal["add", "remove", "replace"]
    flags: Flags = Flags.NONE
    keywords: tuple[str, ...] = ()
    unchanged_since: ModSeq | None = None
    then: FlagChange | None = None
    settable: Settable = EVERYTHING


class FlagsStored(msgspec.Struct, frozen=True):
    """``changed`` are the rows after the change (only real changes get a new modseq), ``unchanged`` the rows that already
    were as asked, ``modified`` the UIDs that failed ``unchanged_since``, ``gone`` those that no longer exist."""

    modseq: ModSeq
    changed: tuple[MessageRow, ...]
    unchanged: tuple[MessageRow, ...]
    modified: tuple[Uid, ...]
    gone: tuple[Uid, ...]


class Expunged(msgspec.Struct, frozen=True):
    modseq: ModSeq
    uids: tuple[Uid, ...]


class MetadataChange(msgspec.Struct, frozen=True):
    """An entry of metadata that was set or removed. ``folder`` is None for one of the mailbox as a whole."""

    modseq: ModSeq
    folder_id: FolderId
    user_id: MailboxId
    entry: str
    folder: str | None


class Hint(msgspec.Struct, frozen=True, array_like=True):
    """A bus message: mailbox ``mailbox_id`` went from ``previous`` to ``modseq`` in these folders. It may get lost."""

    mailbox_id: MailboxId
    previous: ModSeq
    modseq: ModSeq
    folder_ids: tuple[FolderId, ...]


class Precondition(msgspec.Struct, frozen=True):
    """What must hold of the version that is there for a write to be done (RFC 9110 sections 13.1.1 and 13.1.2).

    ``exists`` says whether there must be one at all, ``some_of`` which ones it may be, ``none_of`` which it may not.
    """

    exists: bool | None = None
    some_of: tuple[int, ...] | None = None
    none_of: tuple[int, ...] = ()

    def holds(self, version: int | None) -> bool:
        """``version`` is None where there is nothing."""
        if self.exists is not None and self.exists is not (version is not None):
            return False
        if self.some_of is not None and version not in self.some_of:
            return False
        return version not in self.none_of


UNCONDITIONAL = Precondition()


class AclEntry(msgspec.Struct, frozen=True):
    """What somebody other than the owner may do with a folder: ``rights`` are letters of RFC 4314 section 2.1.

    ``identifier`` is the address of a mailbox, or ``anyone``; after a ``-`` these rights are taken from whom it names.
    """

    identifier: str
    rights: str


class RetentionPolicy(msgspec.Struct, frozen=True):
    """Delete, or move to Trash, what was saved in the matching folders more than ``days`` ago.

    Scope: a mailbox address, a domain, or everything (both None). Folders: a role, a name, or every folder (both None).
    """

    name: str
    action: Literal["delete", "trash"]
    days: int
    domain: str | None = None
    mailbox: str | None = None
    role: Role | None = None
    folder: str | None = None
    enabled: bool = True
    version: int = 1
    created_at: int = 0


class ApiKey(msgspec.Struct, frozen=True):
    """A REST key without its secret."""

    key_id: str
    name: str
    created_at: int
    last_used_at: int | None = None


class Login(msgspec.Struct, frozen=True):
    """A successful authentication: the mailbox and the actor for all that follows."""

    mailbox: MailboxRef
    actor: Actor
    credential_version: int
