"""The folders that a source means."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from skrytka.plugin_api import folders, model
from skrytka_imap.commands import Source, SourceKind
from skrytka_imap.session import Session

SEPARATOR = "/"
INBOX = "INBOX"


async def folders_of(session: Session, sources: Iterable[Source]) -> list[model.Folder]:
    """Each folder once that one of the sources means, in the order of their names (RFC 7377 section 2.2)."""
    tests = [await _test(session, source) for source in sources]
    found = await folders.list_all(session.core, session.mailbox)
    return [folder for folder in found if any(test(folder) for test in tests)]


async def _test(session: Session, source: Source) -> Callable[[model.Folder], bool]:
    names = frozenset(unicodedata.normalize("NFC", name) for name in source.names)
    match source.kind:
        case SourceKind.SELECTED:
            selected = session.selected.folder_id if session.is_selected else None
            return lambda folder: folder.folder_id == selected
        case SourceKind.INBOXES:  # mail is delivered nowhere else
            return lambda folder: folder.name == INBOX
        case SourceKind.PERSONAL:  # all that there are
            return lambda folder: True
        case SourceKind.SUBSCRIBED:
            subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
            return lambda folder: folder.name in subscribed
        case SourceKind.MAILBOXES:
            return lambda folder: folder.name in names
        case SourceKind.SUBTREE:
            return lambda folder: not names.isdisjoint(_above(folder.name))
        case SourceKind.SUBTREE_ONE:
            return lambda folder: folder.name in names or folder.name.rpartition(SEPARATOR)[0] in names


def _above(name: str) -> list[str]:
    """The name, and those of all levels above it."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels) + 1)]
