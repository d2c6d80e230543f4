"""Commands of the authenticated state that concern folders, quota and the session."""

from __future__ import annotations

import enum

import msgspec

from skrytka_imap.commands.sequence_set import SequenceSet


class Resync(msgspec.Struct, frozen=True):
    """RFC 7162 section 3.2.5: what a client still knows of the folder. ``known`` None is every UID; ``matches`` are numbers
    that it knows the UIDs of, as two sets of the same length."""

    uid_validity: int
    modseq: int
    known: SequenceSet | None = None
    matches: tuple[SequenceSet, SequenceSet] | None = None


class Select(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.1; ``condstore`` is the parameter of RFC 7162 section 3.1.8."""

    name: str
    condstore: bool = False
    resync: Resync | None = None


class Examine(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.2."""

    name: str
    condstore: bool = False
    resync: Resync | None = None


class Create(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.3. A separator at the end of the name, announcing children, is taken off already.

    ``uses`` are the attributes of RFC 6154 section 3, in lower case and without their backslash, each once.
    """

    name: str
    uses: tuple[str, ...] = ()


class Delete(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.4."""

    name: str


class Rename(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.5."""

    old: str
    new: str


class Subscribe(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.6."""

    name: str


class Unsubscribe(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.7."""

    name: str


class Lsub(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.9."""

    reference: str
    pattern: str


class StatusItem(enum.StrEnum):
    """RFC 3501 section 6.3.10; HIGHESTMODSEQ: RFC 7162 section 3.1.7; DELETED and DELETED-STORAGE: RFC 9208 section 4.1.4;
    SIZE: RFC 8438; APPENDLIMIT: RFC 7889 section 3; MAILBOXID: RFC 8474 section 4.3."""

    APPENDLIMIT = "APPENDLIMIT"
    MAILBOXID = "MAILBOXID"
    MESSAGES = "MESSAGES"
    RECENT = "RECENT"
    UIDNEXT = "UIDNEXT"
    UIDVALIDITY = "UIDVALIDITY"
    UNSEEN = "UNSEEN"
    HIGHESTMODSEQ = "HIGHESTMODSEQ"
    DELETED = "DELETED"
    DELETED_STORAGE = "DELETED-STORAGE"
    SIZE = "SIZE"


class Status(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.10. Every item once, in the client's order."""

    name: str
    items: tuple[StatusItem, ...]


class Idle(msgspec.Struct, frozen=True):
    """RFC 2177. The DONE that ends it is a line of its own: see ``Framing.expect_line``."""


class Namespace(msgspec.Struct, frozen=True):
    """RFC 2342 section 5."""


class Enable(msgspec.Struct, frozen=True):
    """RFC 5161 section 3.1. Names in upper case; unknown ones are the handler's to leave out."""

    names: tuple[str, ...]


class Comparator(msgspec.Struct, frozen=True):
    """RFC 5255 section 4.7: what is asked for, the first that there is; nothing asks for what is in use."""

    orders: tuple[str, ...]


class Compress(msgspec.Struct, frozen=True):
    """RFC 4978 section 3. DEFLATE is the only algorithm that there is."""


class Unauthenticate(msgspec.Struct, frozen=True):
    """RFC 8437 section 2."""


class GetQuota(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.1."""

    root: str


class GetQuotaRoot(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.2."""

    name: str


class SetQuota(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.3. ``limits`` are (resource in upper case, limit)."""

    root: str
    limits: tuple[tuple[str, int], ...]
