"""What a session that has used NOTIFY wants to hear (RFC 5465), and what it was told of the folders that it watches.

Hints only say that something may have changed. The truth is the list of folders: what differs in it from what was told is what
happened, whoever did it, and however many hints were lost on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from types import MappingProxyType

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands import EventGroup, NotifyEvent, SelectedEvents, SourceKind
from skrytka_imap.folder_events import FolderKey
from skrytka_imap.others import Prefixes, parse
from skrytka_imap.selected import Selected
from skrytka_imap.sources import names_of

NOTHING: frozenset[NotifyEvent] = frozenset()

NO_PREFIXES: Prefixes = MappingProxyType({})

Folders = dict[FolderKey, model.Folder]


class Notifications:
    """``pending``: something may have happened since the client was told. ``told`` are the folders that some group names, as the
    client knows them; ``subscribed`` the names that are subscribed, where that matters. ``prefixes`` are those of folders of
    others."""

    def __init__(
        self,
        selected: SelectedEvents | None = None,
        groups: Sequence[EventGroup] = (),
        prefixes: Prefixes = NO_PREFIXES,
    ) -> None:
        self.selected = selected
        self.groups = tuple(groups)
        self._names = [(names_of(group.source, prefixes), group.events) for group in groups]
        self._prefixes = prefixes
        self._names_of_others = self._of_others(name for group in groups for name in group.source.names)
        self.pending = False
        self.told: Folders = {}
        self.subscribed: frozenset[str] = frozenset()
        self.own: dict[str, bool] = {}
        """Names that the client itself made or took away since it was told; whether they are expected to be there."""
        self.own_subscriptions: dict[str, bool] = {}
        """The same of names that it subscribed or unsubscribed."""
        self.metadata_told: dict[model.MailboxId, model.ModSeq] = {}
        """Up to where it was told what others did to the metadata of their folders."""
        self.own_metadata: set[tuple[model.MailboxId, model.ModSeq]] = set()
        """What it did to them itself since."""

    @property
    def wants_any(self) -> bool:
        return self.selected is not None or bool(self.groups)

    @property
    def needs_subscriptions(self) -> bool:
        """Whether the subscriptions decide what is told."""
        return any(
            group.source.kind is SourceKind.SUBSCRIBED or NotifyEvent.SUBSCRIPTION_CHANGE in group.events
            for group in self.groups
        )

    def names_of_others(self, subscribed: Collection[str]) -> list[str]:
        """The names of folders of others, and above them, that a group gives."""
        if any(group.source.kind is SourceKind.SUBSCRIBED for group in self.groups):
            return [*self._names_of_others, *self._of_others(subscribed)]
        return self._names_of_others

    def _of_others(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if parse(self._prefixes, name) is not None]

    def events_of(self, name: str, subscribed: Collection[str]) -> frozenset[NotifyEvent]:
        """What is to be told of the folder of this name: what any group says (RFC 5465 section 6)."""
        return NOTHING.union(*[events for names, events in self._names if names(name, subscribed)])

    @property
    def wants_metadata(self) -> bool:
        """Whether anything that is told of metadata may be wanted."""
        metadata = {NotifyEvent.MAILBOX_METADATA_CHANGE, NotifyEvent.SERVER_METADATA_CHANGE}
        return any(group.events & metadata for group in self.groups)

    def hears_metadata(self, name: str | None) -> bool:
        """Whether the metadata of the folder of this name are told, or those of the server (RFC 5465 sections 5.6 and 5.7)."""
        if name is None:
            return any(NotifyEvent.SERVER_METADATA_CHANGE in group.events for group in self.groups)
        return NotifyEvent.MAILBOX_METADATA_CHANGE in self.events_of(name, self.subscribed)

    def leave(self, selected: Selected) -> None:
        """The folder is no longer the selected one: what the client knows of it is what it was told there."""
        self.told_as_selected(selected)
        self.pending = True

    def told_as_selected(self, selected: Selected) -> None:
        if folder := self.told.get(selected.key):
            view = selected.view
            self.told[selected.key] = msgspec.structs.replace(
                folder,
                uid_validity=view.uid_validity,
                uid_next=view.uid_next,
                messages=len(view.uids),
                highest_modseq=selected.complete_modseq,
            )

    def note_arrivals(self, key: FolderKey, uids: Sequence[model.Uid]) -> None:
        """The client put these messages into a folder: unless others came before them, it knows all of its new ones."""
        folder = self.told.get(key)
        if folder is not None and uids and folder.uid_next == uids[0]:
            self.told[key] = msgspec.structs.replace(
                folder, uid_next=model.Uid(uids[-1] + 1), messages=folder.messages + len(uids)
            )
