"""Tells a client that used ENABLE METADATA (RFC 5464 section 4.4.2), or NOTIFY (RFC 5465 sections 5.6 and 5.7), which entries
others have set or removed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from skrytka.plugin_api import errors, metadata, model
from skrytka_imap import responses
from skrytka_imap.notifications import Notifications
from skrytka_imap.session import MetadataTold, Session


async def enable_metadata(session: Session) -> None:
    """From now on what changes is told."""
    if session.metadata is None:
        session.metadata = await _told_from_now(session, everything=True)
    session.metadata.everything = True


async def follow(session: Session, notify: Notifications) -> None:
    """From now on what these want to hear of metadata is told, and no more than that."""
    if session.metadata is None and notify.wants_metadata:
        session.metadata = await _told_from_now(session, everything=False)
    elif session.metadata is not None and not (session.metadata.everything or notify.wants_metadata):
        session.metadata = None


async def _told_from_now(session: Session, *, everything: bool) -> MetadataTold:
    return MetadataTold(await metadata.last_modseq(session.core, session.mailbox), everything=everything)


async def tell_metadata(session: Session) -> None:
    """What changed since it was last told, but for what this session changed. A store that does not answer makes it wait."""
    told = session.metadata
    if told is None:
        return
    after = None
    while True:
        try:
            page = await _page(session, told, after)
        except errors.Unavailable:
            return
        for folder, changes in groupby(page, lambda change: change.folder):
            names = list(dict.fromkeys(change.entry for change in changes if change.modseq not in told.own))
            if names and _hears(session, told, folder):
                session.wire.write(responses.metadata_changed_line(folder or "", names, utf8=session.utf8_names))
        if len(page) < metadata.PAGE:
            told.modseq = page[-1].modseq if page else after.modseq if after is not None else told.modseq
            told.own.clear()
            return
        after = page[-1]
        await session.wire.breathe()


def _hears(session: Session, told: MetadataTold, folder: str | None) -> bool:
    return told.everything or (session.notify is not None and session.notify.hears_metadata(folder))


async def _page(
    session: Session, told: MetadataTold, after: model.MetadataChange | None
) -> Sequence[model.MetadataChange]:
    return await metadata.changes(session.core, session.mailbox, session.mailbox.mailbox_id, told.modseq, after)
