"""Which folders a source names (RFC 5465 section 6, RFC 7377 section 2.2)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from skrytka.plugin_api import mime
from skrytka_imap import others
from skrytka_imap.commands import Source, SourceKind

SEPARATOR = "/"
INBOX = "INBOX"

Names = Callable[[str, Collection[str]], bool]
"""Whether a source names the folder of that name, while those names are subscribed."""


def names_of(source: Source, prefixes: others.Prefixes) -> Names:
    """SELECTED names no folder here: only the session knows which it is. Those of others are not personal."""
    names = frozenset(others.canonical(prefixes, canonical(name)) for name in source.names)
    theirs = frozenset(prefixes.values())
    match source.kind:
        case SourceKind.SELECTED:
            return lambda name, subscribed: False
        case SourceKind.INBOXES:  # mail is delivered nowhere else
            return lambda name, subscribed: name == INBOX
        case SourceKind.PERSONAL:
            return lambda name, subscribed: name.partition(SEPARATOR)[0] not in theirs
        case SourceKind.SUBSCRIBED:
            return lambda name, subscribed: name in subscribed
        case SourceKind.MAILBOXES:
            return lambda name, subscribed: name in names
        case SourceKind.SUBTREE:
            return lambda name, subscribed: not names.isdisjoint(levels_of(name))
        case SourceKind.SUBTREE_ONE:
            return lambda name, subscribed: name in names or parent_of(name) in names


def canonical(name: str) -> str:
    """The one spelling under which a folder is stored."""
    first, slash, rest = mime.nfc(name).partition(SEPARATOR)
    return (INBOX if first.upper() == INBOX else first) + slash + rest


def levels_of(name: str) -> list[str]:
    """The names of all levels, the highest first, the name itself last."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels) + 1)]


def parent_of(name: str) -> str:
    """The name of the level above, empty if there is none."""
    return name.rpartition(SEPARATOR)[0]
