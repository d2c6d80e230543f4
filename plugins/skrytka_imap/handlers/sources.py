"""The folders that a source means."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from skrytka.plugin_api import folders, model
from skrytka_imap.commands import Source, SourceKind
from skrytka_imap.session import Session
from skrytka_imap.sources import names_of


async def folders_of(session: Session, sources: Sequence[Source]) -> list[model.Folder]:
    """Each folder once that one of the sources means, in the order of their names (RFC 7377 section 2.2)."""
    subscribed: Collection[str] = ()
    if any(source.kind is SourceKind.SUBSCRIBED for source in sources):
        subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    selected = None
    if session.is_selected and any(source.kind is SourceKind.SELECTED for source in sources):
        selected = session.selected.folder_id
    tests = [names_of(source) for source in sources]
    return [
        folder
        for folder in await folders.list_all(session.core, session.mailbox)
        if folder.folder_id == selected or any(test(folder.name, subscribed) for test in tests)
    ]
