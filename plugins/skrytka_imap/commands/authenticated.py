"""Commands of the authenticated state that concern folders, quota and the session."""

from __future__ import annotations

import enum

import msgspec


class Select(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.1; ``condstore`` is the parameter of RFC 7162 section 3.1.8."""

    name: str
    condstore: bool = False


class Examine(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.2."""

    name: str
    condstore: bool = False


class Create(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.3. A separator at the end of the name, announcing children, is taken off already."""

    name: str


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


class List(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.8. ``pattern`` keeps its ``*`` and ``%``; an empty one asks for the separator."""

    reference: str
    pattern: str


class Lsub(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.9."""

    reference: str
    pattern: str


class StatusItem(enum.StrEnum):
    """RFC 3501 section 6.3.10; HIGHESTMODSEQ: RFC 7162 section 3.1.7; DELETED and DELETED-STORAGE: RFC 9208 section 4.1.4."""

    MESSAGES = "MESSAGES"
    RECENT = "RECENT"
    UIDNEXT = "UIDNEXT"
    UIDVALIDITY = "UIDVALIDITY"
    UNSEEN = "UNSEEN"
    HIGHESTMODSEQ = "HIGHESTMODSEQ"
    DELETED = "DELETED"
    DELETED_STORAGE = "DELETED-STORAGE"


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


class Compress(msgspec.Struct, frozen=True):
    """RFC 4978 section 3. DEFLATE is the only algorithm that there is."""


class GetQuota(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.2."""

    root: str


class GetQuotaRoot(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.3."""

    name: str


class SetQuota(msgspec.Struct, frozen=True):
    """RFC 9208 section 4.1.1. ``limits`` are (resource in upper case, limit)."""

    root: str
    limits: tuple[tuple[str, int], ...]
