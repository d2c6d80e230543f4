"""Tells a client that used ENABLE METADATA which entries others have set or removed (RFC 5464 section 4.4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from skrytka.plugin_api import errors, metadata, model
from skrytka_imap import responses
from skrytka_imap.session import MetadataTold, Session


async def enable_metadata(session: Session) -> None:
    """From now on what changes is told."""
    if session.metadata is None:
        session.metadata = MetadataTold(await metadata.last_modseq(session.core, session.mailbox))


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
            if names:
                session.wire.write(responses.metadata_changed_line(folder or "", names, utf8=session.utf8_names))
        if len(page) < metadata.PAGE:
            told.modseq = page[-1].modseq if page else after.modseq if after is not None else told.modseq
            told.own.clear()
            return
        after = page[-1]
        await session.wire.breathe()


async def _page(
    session: Session, told: MetadataTold, after: model.MetadataChange | None
) -> Sequence[model.MetadataChange]:
    return await metadata.changes(session.core, session.mailbox, session.mailbox.mailbox_id, told.modseq, after)
