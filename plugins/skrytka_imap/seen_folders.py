"""The folders that a session which has used NOTIFY may hear of, as they are now: its own, and those of others that a group
names."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from skrytka.plugin_api import errors, folders, messages, model, sharing
from skrytka_imap import others
from skrytka_imap.access import Place, of_other
from skrytka_imap.folder_events import FolderKey
from skrytka_imap.notifications import Folders, Notifications
from skrytka_imap.session import Session
from skrytka_imap.sources import SEPARATOR
from skrytka_imap.telling_others_metadata import follow_metadata_of

NEEDED = frozenset("lr")
"""RFC 5465 section 5: the rights that all events take. Who has only ``l`` hears nothing, not that it is gone either."""


class Seen(msgspec.Struct, frozen=True):
    """``folders`` may all be looked up; ``closed`` are those of them that may not be read. ``subscribed`` are the names that are,
    if they matter."""

    folders: Folders
    closed: frozenset[FolderKey]
    subscribed: frozenset[str]


async def see(session: Session, notify: Notifications) -> Seen:
    """``LimitReached`` where others have too many folders. While not all of theirs can be read, they are what was told of them,
    and one's own are told of all the same; but NOTIFY itself is refused with ``Unavailable``.

    Whose folders are named is watched before his folders are read, so nothing is missed between the two.
    """
    own = await folders.list_all(session.core, session.mailbox)
    found = {(session.mailbox.mailbox_id, folder.folder_id): folder for folder in own}
    subscribed: frozenset[str] = frozenset()
    if notify.needs_subscriptions:
        subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    names = notify.names_of_others(subscribed | notify.subscribed)
    if not names:
        await session.watches.close()
        return Seen(found, frozenset(), subscribed)
    theirs = frozenset(session.settings.prefixes.values())
    found = {key: folder for key, folder in found.items() if folder.name.partition(SEPARATOR)[0] not in theirs}
    try:
        places = await _of_others(session, notify, names)
    except errors.Unavailable:
        if session.notify is not notify:
            raise
        notify.pending = True
        own_id = session.mailbox.mailbox_id
        found.update((key, told) for key, told in notify.told.items() if key[0] != own_id)
        return Seen(found, frozenset(), subscribed)
    found.update((key_of(place), place.folder) for place in places)
    closed = frozenset(key_of(place) for place in places if not place.rights >= NEEDED)
    return Seen(found, closed, subscribed)


async def _of_others(session: Session, notify: Notifications, names: Iterable[str]) -> list[Place]:
    """Those that the session may look up of all whose folders, or levels above them, the names are."""
    prefixes, limit = session.settings.prefixes, session.settings.max_shared_folders
    is_named = others.owners_of(prefixes, names)
    watched: set[model.MailboxId] = set()
    found: list[Place] = []
    async for page in sharing.owners(session.core, session.mailbox, others.namespaces_of(prefixes, names)):
        owners = [owner for owner in page if is_named(owner.namespace, owner.mailbox.address)]
        watched.update(owner.mailbox.mailbox_id for owner in owners)
        if len(watched) > session.settings.notify_folders:
            raise errors.LimitReached("Too many mailboxes to watch")
        await session.watches.add([owner.mailbox for owner in owners])
        for owner in owners:
            await follow_metadata_of(session, notify, owner.mailbox)
        shared = await sharing.shared_by(session.core, session.mailbox, owners, limit)
        found += await _as_read(session, [of_other(session, one) for one in shared])
        if len(found) > limit:
            raise errors.LimitReached("Too many folders to look at")
        await session.wire.breathe()
    await session.watches.keep(watched)
    return found


async def _as_read(session: Session, places: Iterable[Place]) -> list[Place]:
    """With what this reader has not seen, where each has a ``\\Seen`` of his own; without those that are gone meanwhile."""
    found: list[Place] = []
    for place in places:
        folder = place.folder
        if place.private_seen:
            try:
                unseen = await messages.count_unseen(session.core, place.mailbox, place.folder_id, place.reader)
            except errors.NotFound:
                continue
            folder = msgspec.structs.replace(folder, unseen=unseen)
        found.append(msgspec.structs.replace(place, folder=folder))
        await session.wire.breathe()
    return found


def key_of(place: Place) -> FolderKey:
    return (place.mailbox.mailbox_id, place.folder_id)


def place_of(session: Session, key: FolderKey, folder: model.Folder) -> Place:
    """One of the folders that were seen last, with the rights to read it."""
    own = key[0] == session.mailbox.mailbox_id
    return Place(session.mailbox, folder) if own else Place(session.watches.mailbox(key[0]), folder, NEEDED)
