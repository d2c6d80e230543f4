"""What SORT and THREAD compare, read of many messages at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from skrytka.plugin_api import contents, messages, model
from skrytka_imap.handlers.progress import Progress
from skrytka_imap.search import BEST
from skrytka_imap.session import Session
from skrytka_imap.sort_keys import NO_KEYS, SORT_KEYS, sort_keys
from skrytka_imap.sorting import Facts

CHUNK = 500
"""Messages of one read."""


async def facts_of(
    session: Session, view: model.FolderView, places: Sequence[int], *, with_keys: bool, scores: Mapping[int, int]
) -> AsyncGenerator[list[Facts]]:
    """Of the messages at these places of the selected folder, in their order, without those that are gone.

    ``with_keys`` reads more than rows.
    """
    progress = Progress(session, len(places))
    for start in range(0, len(places), CHUNK):
        some = places[start : start + CHUNK]
        uids = [model.Uid(view.uids[place]) for place in some]
        place_of = dict(zip(uids, some, strict=True))
        found = await _read(session, view.folder_id, uids, with_keys=with_keys)
        yield [
            Facts(
                one.row, sort_keys(one.renditions[0]) if with_keys else NO_KEYS, scores.get(place_of[one.row.uid], BEST)
            )
            for one in found
        ]
        progress.add(len(some))
        await session.wire.breathe()


async def _read(
    session: Session, folder_id: model.FolderId, uids: Sequence[model.Uid], *, with_keys: bool
) -> list[contents.Listing]:
    mailbox = session.selected.mailbox
    if with_keys:
        return await contents.renditions(session.core, mailbox, folder_id, uids, [SORT_KEYS])
    rows = await messages.rows(session.core, mailbox, folder_id, uids)
    return [contents.Listing(row) for row in rows]
