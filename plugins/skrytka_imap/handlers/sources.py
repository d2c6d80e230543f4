"""The folders that a source means."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import msgspec

from skrytka.plugin_api import folders
from skrytka_imap import others
from skrytka_imap.access import Place, visible
from skrytka_imap.commands import Source, SourceKind
from skrytka_imap.session import Session

SEPARATOR = "/"
INBOX = "INBOX"


async def folders_of(session: Session, sources: Sequence[Source]) -> list[Place]:
    """Each folder once that one of the sources means, in the order of their names, if it may be read (RFC 7377 section 2.2)."""
    subscribed: frozenset[str] = frozenset()
    if any(source.kind is SourceKind.SUBSCRIBED for source in sources):
        subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    tests = [_test(session, source, subscribed) for source in sources]
    own = await folders.list_all(session.core, session.mailbox)
    found = [Place(session.mailbox, folder) for folder in own]
    if _name_others(session, [*subscribed, *chain.from_iterable(source.names for source in sources)]):
        places, failure = await visible(session)
        if failure is not None:
            raise failure
        found += places
    chosen = [place for place in found if "r" in place.rights and any(test(place) for test in tests)]
    return [*chosen, *await _selected_of_other(session, sources, chosen)]


def _name_others(session: Session, names: Iterable[str]) -> bool:
    prefix = session.settings.other_users
    return any(others.parse(prefix, name) is not None for name in names)


async def _selected_of_other(session: Session, sources: Sequence[Source], chosen: Sequence[Place]) -> list[Place]:
    """The selected folder, where it is another's and a source means it. It need not be one that can be looked up."""
    if session.guard is None or all(source.kind is not SourceKind.SELECTED for source in sources):
        return []
    selected = session.selected
    if any(selected.is_folder(place.mailbox, place.folder_id) for place in chosen):
        return []
    folder = await folders.get_by_id(session.core, selected.mailbox, selected.folder_id)
    return [Place(selected.mailbox, msgspec.structs.replace(folder, name=selected.name), selected.rights)]


def _test(session: Session, source: Source, subscribed: frozenset[str]) -> Callable[[Place], bool]:
    names = frozenset(unicodedata.normalize("NFC", name) for name in source.names)
    match source.kind:
        case SourceKind.SELECTED:
            selected = session.selected if session.is_selected else None
            return lambda place: selected is not None and selected.is_folder(place.mailbox, place.folder_id)
        case SourceKind.INBOXES:  # mail is delivered nowhere else
            return lambda place: place.folder.name == INBOX
        case SourceKind.PERSONAL:  # all that are not of others
            own = session.mailbox.mailbox_id
            return lambda place: place.mailbox.mailbox_id == own
        case SourceKind.SUBSCRIBED:
            return lambda place: place.folder.name in subscribed
        case SourceKind.MAILBOXES:
            return lambda place: place.folder.name in names
        case SourceKind.SUBTREE:
            return lambda place: not names.isdisjoint(_above(place.folder.name))
        case SourceKind.SUBTREE_ONE:
            return lambda place: place.folder.name in names or place.folder.name.rpartition(SEPARATOR)[0] in names


def _above(name: str) -> list[str]:
    """The name, and those of all levels above it."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels) + 1)]
