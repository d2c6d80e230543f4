"""NOTIFY."""

from __future__ import annotations

from skrytka.plugin_api import errors
from skrytka_imap.announcing import announce
from skrytka_imap.arrivals import is_too_much
from skrytka_imap.commands import Notify, NotifyEvent, StatusItem
from skrytka_imap.handlers.telling_status import status_line
from skrytka_imap.notifications import Folders, Notifications
from skrytka_imap.notifying import Events, watched
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.seen_folders import place_of, see
from skrytka_imap.session import Session
from skrytka_imap.telling_metadata import follow

BADEVENT = b"BADEVENT (%b)" % " ".join(NotifyEvent).encode()


async def notify(session: Session, command: Notify) -> Reply:
    """RFC 5465 section 3.1. What is refused changes nothing.

    What happens while it runs is told at its end: the mailbox is watched since the login, those of others since before their
    folders were read, and all are looked at once more.
    """
    try:
        return await _set(session, command)
    finally:
        if session.notify is None:
            await session.watches.close()
        else:
            session.notify.pending = True  # who is refused watches what he did before


async def _set(session: Session, command: Notify) -> Reply:
    if not command.sets:
        session.notify = Notifications()
        await follow(session, session.notify)
        return ok("You will hear of nothing")
    if not command.is_supported:
        return no("Some of these events never happen here", BADEVENT)
    if command.selected is not None and is_too_much(command.selected.items):
        return no("That is too much to fetch of every new message", b"NOTIFICATIONOVERFLOW")
    wanted = Notifications(command.selected, command.groups, session.settings.prefixes)
    if sum(len(group.source.names) for group in command.groups) > session.settings.notify_folders:
        return _too_many(session)
    try:
        seen = await see(session, wanted)
    except errors.LimitReached:
        return _too_many(session)
    wanted.subscribed = seen.subscribed
    events = await watched(session, wanted, seen, seen.subscribed)
    if len(events) > session.settings.notify_folders:
        return _too_many(session)
    wanted.told = {key: seen.folders[key] for key in events}
    await follow(session, wanted)
    # All that has gathered in the selected folder is told, as by NOOP, whatever is asked for from now on.
    session.notify = None
    if session.is_selected:
        await announce(session, may_expunge=True)
        wanted.told_as_selected(session.selected)
    if command.status:
        await _tell_status(session, seen.folders, events)
    session.notify = wanted
    return ok("You will be told")


def _too_many(session: Session) -> Reply:
    limit = session.settings.notify_folders
    return no(f"At most {limit} folders can be watched", b"NOTIFICATIONOVERFLOW")


async def _tell_status(session: Session, found: Folders, events: Events) -> None:
    """Of each folder that is not selected and whose messages the client wants to hear of."""
    selected = session.selected.key if session.is_selected else None
    for key, of in events.items():
        if key == selected or NotifyEvent.MESSAGE_NEW not in of:
            continue
        items = [StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY]
        if NotifyEvent.FLAG_CHANGE in of or session.condstore:
            items.append(StatusItem.HIGHESTMODSEQ)
        session.wire.write(await status_line(session, place_of(session, key, found[key]), items))
        await session.wire.breathe()
