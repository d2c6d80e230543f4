"""Tells a client that used NOTIFY which entries of folders of others were set or removed (RFC 5465 section 5.6)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from skrytka.plugin_api import errors, metadata, model
from skrytka_imap import responses
from skrytka_imap.commands import NotifyEvent
from skrytka_imap.notifications import Notifications
from skrytka_imap.session import Session


async def follow_metadata_of(session: Session, notify: Notifications, mailbox: model.MailboxRef) -> None:
    """From now on what changes in the mailbox is told, if any of it is wanted."""
    if notify.wants_metadata and mailbox.mailbox_id not in notify.metadata_told:
        notify.metadata_told[mailbox.mailbox_id] = await metadata.last_modseq(session.core, mailbox)


async def tell_metadata_of_others(session: Session, notify: Notifications) -> None:
    """What changed since it was last told, but for what this session changed. A store that does not answer makes it wait."""
    for mailbox_id, since in list(notify.metadata_told.items()):
        if mailbox_id not in session.watches:
            del notify.metadata_told[mailbox_id]
            continue
        try:
            notify.metadata_told[mailbox_id] = await _tell(session, notify, mailbox_id, since)
        except errors.Unavailable:
            notify.pending = True
    notify.own_metadata.clear()


async def _tell(
    session: Session, notify: Notifications, mailbox_id: model.MailboxId, since: model.ModSeq
) -> model.ModSeq:
    """Up to which modseq it is told then."""
    mailbox, user, after = session.watches.mailbox(mailbox_id), session.mailbox.mailbox_id, None
    while True:
        page = await metadata.changes(session.core, mailbox, user, since, after)
        _write(session, notify, mailbox_id, page)
        after = page[-1] if page else after
        if len(page) < metadata.PAGE:
            return since if after is None else after.modseq
        await session.wire.breathe()


def _write(
    session: Session, notify: Notifications, mailbox_id: model.MailboxId, page: Sequence[model.MetadataChange]
) -> None:
    for folder_id, changes in groupby(page, lambda change: change.folder_id):
        folder = notify.told.get((mailbox_id, folder_id))
        names = [change.entry for change in changes if (mailbox_id, change.modseq) not in notify.own_metadata]
        if folder is None or not names:
            continue
        if NotifyEvent.MAILBOX_METADATA_CHANGE in notify.events_of(folder.name, notify.subscribed):
            line = responses.metadata_changed_line(folder.name, list(dict.fromkeys(names)), utf8=session.utf8_names)
            session.wire.write(line)
