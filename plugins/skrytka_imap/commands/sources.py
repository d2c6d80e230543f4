"""Which folders a command is about that needs none to be selected (RFC 5465 section 6, RFC 7377 section 2.2)."""

from __future__ import annotations

import enum

import msgspec


class SourceKind(enum.StrEnum):
    SELECTED = "SELECTED"
    INBOXES = "INBOXES"
    PERSONAL = "PERSONAL"
    SUBSCRIBED = "SUBSCRIBED"
    SUBTREE = "SUBTREE"
    SUBTREE_ONE = "SUBTREE-ONE"
    MAILBOXES = "MAILBOXES"


NAMED = frozenset({SourceKind.SUBTREE, SourceKind.SUBTREE_ONE, SourceKind.MAILBOXES})
"""Those that take names."""


class Source(msgspec.Struct, frozen=True):
    """``names`` are folders whose trees, whose next level, or which themselves are meant; a name that is none is no error."""

    kind: SourceKind
    names: tuple[str, ...] = ()
