"""Tells a session that has used NOTIFY what happened, at any time (RFC 5465); what, ``notifications.py`` and ``folder_events.py``
say. What has been told is told from the store, so nothing is missed when hints are: a slow timer of the bus finds the rest."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from skrytka.plugin_api import errors, folders, model
from skrytka_imap import responses
from skrytka_imap.access import Place
from skrytka_imap.admission import confirm
from skrytka_imap.announcing import announce
from skrytka_imap.commands import NotifyEvent
from skrytka_imap.folder_events import name_changes, status_items, subscription_changes, superior_names
from skrytka_imap.handlers.listing import attributes_of
from skrytka_imap.handlers.telling_status import status_line
from skrytka_imap.notifications import Folders, Notifications
from skrytka_imap.session import Session

Events = dict[model.FolderId, frozenset[NotifyEvent]]
"""What is to be told of each folder that is watched."""


async def tell_events(session: Session, *, may_expunge: bool) -> None:
    """What happened in the selected folder, if the client wants to hear of it, and to folders."""
    notify = session.notify
    if notify is None:
        return
    await confirm(session)
    if session.is_selected and notify.selected is not None:
        await announce(session, may_expunge=may_expunge or notify.selected.immediate)
    await tell_others(session)


async def tell_others(session: Session) -> None:
    """What happened to folders, by STATUS and LIST. A store that does not answer makes it wait for the next hint."""
    notify = session.notify
    if notify is None or not notify.pending or not notify.groups:
        return
    notify.pending = False
    try:
        now, subscribed = await read_folders(session, notify)
    except errors.Unavailable:
        notify.pending = True
        return
    try:
        await _tell(session, notify, now, subscribed)
    except errors.DomainError:
        session.overflow("What happened could not be told")


async def read_folders(session: Session, notify: Notifications) -> tuple[Folders, frozenset[str]]:
    """All folders, and the names that are subscribed, if they matter."""
    found = await folders.list_all(session.core, session.mailbox)
    subscribed: frozenset[str] = frozenset()
    if notify.needs_subscriptions:
        subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    return {folder.folder_id: folder for folder in found}, subscribed


async def watched(session: Session, notify: Notifications, found: Folders, subscribed: Collection[str]) -> Events:
    """What is to be told of each of the folders of which anything is."""
    events: Events = {}
    for folder_id, folder in found.items():
        if wanted := notify.events_of(folder.name, subscribed):
            events[folder_id] = wanted
        await session.wire.breathe()
    return events


async def _tell(session: Session, notify: Notifications, now: Folders, subscribed: frozenset[str]) -> None:
    """Compare with what was told, and tell the difference; from then on that is what was told."""
    either = subscribed | notify.subscribed
    events = await watched(session, notify, now, either)
    if len(events) > session.settings.notify_folders:
        session.overflow("Too many folders to watch")
        return
    before, notify.told = notify.told, {folder_id: now[folder_id] for folder_id in events}
    selected = session.selected if session.is_selected else None
    known_as = await _tell_names(session, notify, before, now, subscribed)
    for folder_id, wanted in events.items():
        if selected is not None and selected.is_folder(session.mailbox, folder_id):
            counted = before.get(folder_id, now[folder_id])
            notify.told[folder_id] = msgspec.structs.replace(counted, name=now[folder_id].name)
            notify.told_as_selected(selected)
            continue
        folder = now[folder_id]
        known_id = known_as.get(folder.name)
        replaces, known = known_id not in (None, folder_id), None if known_id is None else before[known_id]
        if items := status_items(known, folder, wanted, replaces=replaces, condstore=session.condstore):
            session.wire.write(await status_line(session, Place(session.mailbox, folder), items))
        await session.wire.breathe()
    notify.subscribed = subscribed


async def _tell_names(
    session: Session, notify: Notifications, before: Folders, now: Folders, subscribed: frozenset[str]
) -> dict[str, model.FolderId]:
    """LIST of each name that was made, taken away, renamed or subscribed, if the client wants to hear of it, as it is now.

    Which folders of those before it then takes to have which name.
    """
    either = subscribed | notify.subscribed
    changes = name_changes(before, _comparable(notify, before, now, either), notify.own)
    names = changes.renamed | {name: "" for name in sorted(changes.affected) if name not in changes.renamed}
    wanted = {
        name: old
        for name, old in names.items()
        if _hears(notify, NotifyEvent.MAILBOX_NAME, (name, old or name), either)
    }
    if notify.needs_subscriptions:
        for name in sorted(subscription_changes(notify.subscribed, subscribed, notify.own_subscriptions)):
            if _hears(notify, NotifyEvent.SUBSCRIPTION_CHANGE, (name,), either):
                wanted.setdefault(name, "")
    notify.own.clear()
    notify.own_subscriptions.clear()
    if wanted:
        await _write_names(session, wanted, now)
    return changes.known_as


def _comparable(notify: Notifications, before: Folders, now: Folders, subscribed: Collection[str]) -> Folders:
    """Of the folders as they are, those that were told of, and those that a group names: the others are not new."""
    return {
        folder_id: folder
        for folder_id, folder in now.items()
        if folder_id in before or notify.events_of(folder.name, subscribed)
    }


def _hears(notify: Notifications, event: NotifyEvent, names: tuple[str, ...], subscribed: Collection[str]) -> bool:
    return any(event in notify.events_of(name, subscribed) for name in names)


async def _write_names(session: Session, wanted: dict[str, str], now: Folders) -> None:
    r"""Attributes are those of LIST, always with \Subscribed where that is so, for a client may want to hear of both."""
    by_name = {folder.name: folder for folder in now.values()}
    subscribed = frozenset(await folders.subscriptions(session.core, session.mailbox))
    superior = superior_names(by_name)
    for name, old in wanted.items():
        folder = by_name.get(name)
        attributes = [] if folder is not None else ["\\NonExistent"]
        attributes += attributes_of(folder, has_children=name in superior)
        attributes += ["\\Subscribed"] if name in subscribed else []
        session.wire.write(responses.list_line(name, attributes, old_name=old, utf8=session.utf8_names))
        await session.wire.breathe()
