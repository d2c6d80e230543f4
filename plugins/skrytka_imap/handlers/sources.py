"""The folders that a source means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import msgspec

from skrytka.plugin_api import folders
from skrytka_imap import others
from skrytka_imap.access import Place, visible
from skrytka_imap.commands import Source, SourceKind
from skrytka_imap.session import Session
from skrytka_imap.sources import names_of


async def folders_of(session: Session, sources: Sequence[Source]) -> list[Place]:
    """Each folder once that one of the sources means, in the order of their names, if it may be read (RFC 7377 section 2.2)."""
    subscribed: frozenset[str] = frozenset()
    if any(source.kind is SourceKind.SUBSCRIBED for source in sources):
        subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    own = await folders.list_all(session.core, session.mailbox)
    found = [Place(session.mailbox, folder) for folder in own]
    named = chain(subscribed, chain.from_iterable(source.names for source in sources))
    if namespaces := others.namespaces_of(session.settings.prefixes, named):
        places, failure = await visible(session, namespaces)
        if failure is not None:
            raise failure
        found += places
    means = _meaning(session, sources, subscribed)
    chosen = [place for place in found if "r" in place.rights and means(place)]
    return [*chosen, *await _selected_of_other(session, sources, chosen)]


def _meaning(session: Session, sources: Sequence[Source], subscribed: frozenset[str]) -> Callable[[Place], bool]:
    """Whether one of the sources means a folder."""
    wants_selected = any(source.kind is SourceKind.SELECTED for source in sources)
    selected = session.selected if session.is_selected and wants_selected else None
    tests = [names_of(source, session.settings.prefixes) for source in sources]

    def means(place: Place) -> bool:
        if selected is not None and selected.is_folder(place.mailbox, place.folder_id):
            return True
        return any(test(place.folder.name, subscribed) for test in tests)

    return means


async def _selected_of_other(session: Session, sources: Sequence[Source], chosen: Sequence[Place]) -> list[Place]:
    """The selected folder, where it is another's and a source means it. It need not be one that can be looked up."""
    if session.guard is None or all(source.kind is not SourceKind.SELECTED for source in sources):
        return []
    selected = session.selected
    if any(selected.is_folder(place.mailbox, place.folder_id) for place in chosen):
        return []
    folder = await folders.get_by_id(session.core, selected.mailbox, selected.folder_id)
    folder = msgspec.structs.replace(folder, name=selected.name)
    return [Place(selected.mailbox, folder, selected.rights, selected.reader, selected.private_seen)]
