"""Tells a session that has used NOTIFY what happened, at any time (RFC 5465); what, ``notifications.py`` and ``folder_events.py``
say. What has been told is told from the store, so nothing is missed when hints are: a slow timer of the bus finds the rest."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from skrytka.plugin_api import errors, folders
from skrytka_imap import responses
from skrytka_imap.admission import confirm
from skrytka_imap.announcing import announce
from skrytka_imap.commands import NotifyEvent
from skrytka_imap.folder_events import FolderKey, name_changes, status_items, subscription_changes, superior_names
from skrytka_imap.handlers.listing import attributes_of
from skrytka_imap.handlers.telling_status import status_line
from skrytka_imap.notifications import Folders, Notifications
from skrytka_imap.seen_folders import Seen, place_of, see
from skrytka_imap.session import Session
from skrytka_imap.telling_others_metadata import tell_metadata_of_others

Events = dict[FolderKey, frozenset[NotifyEvent]]
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
    if notify is None or not notify.pending:
        return
    notify.pending = False
    if not notify.groups:
        await session.watches.close()
        return
    try:
        seen = await see(session, notify)
    except errors.Unavailable:
        notify.pending = True
        return
    except errors.LimitReached:
        session.overflow("Too many folders to watch")
        return
    try:
        await _tell(session, notify, seen)
    except errors.DomainError:
        session.overflow("What happened could not be told")
    if notify.metadata_told and session.notify is notify:
        await tell_metadata_of_others(session, notify)


async def watched(session: Session, notify: Notifications, seen: Seen, subscribed: Collection[str]) -> Events:
    """What is to be told of each of the folders of which anything is."""
    events: Events = {}
    for key, folder in seen.folders.items():
        wanted = notify.events_of(folder.name, subscribed)
        if wanted and key not in seen.closed:
            events[key] = wanted
        await session.wire.breathe()
    return events


async def _tell(session: Session, notify: Notifications, seen: Seen) -> None:
    """Compare with what was told, and tell the difference; from then on that is what was told."""
    now = seen.folders
    events = await watched(session, notify, seen, seen.subscribed | notify.subscribed)
    if len(events) > session.settings.notify_folders:
        session.overflow("Too many folders to watch")
        return
    before, notify.told = notify.told, {key: now[key] for key in events}
    selected = session.selected if session.is_selected else None
    known_as = await _tell_names(session, notify, before, seen, events)
    for key, wanted in events.items():
        if selected is not None and selected.key == key:
            counted = before.get(key, now[key])
            notify.told[key] = msgspec.structs.replace(counted, name=now[key].name)
            notify.told_as_selected(selected)
            continue
        folder = now[key]
        known_key = known_as.get(folder.name)
        replaces, known = known_key not in (None, key), None if known_key is None else before[known_key]
        if items := status_items(known, folder, wanted, replaces=replaces, condstore=session.condstore):
            session.wire.write(await status_line(session, place_of(session, key, folder), items))
        await session.wire.breathe()
    notify.subscribed = seen.subscribed


async def _tell_names(
    session: Session, notify: Notifications, before: Folders, seen: Seen, events: Events
) -> dict[str, FolderKey]:
    """LIST of each name that was made, taken away, renamed or subscribed, if the client wants to hear of it, as it is now.

    Which folders of those before it then takes to have which name. Of the folders as they are, those are compared that were told
    of, and those of which something is to be told: the others are not new.
    """
    now, subscribed = seen.folders, seen.subscribed
    either = subscribed | notify.subscribed
    comparable = {key: folder for key, folder in now.items() if key in before or key in events}
    changes = name_changes(before, comparable, notify.own)
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
