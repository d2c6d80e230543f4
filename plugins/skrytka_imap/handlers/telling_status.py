"""STATUS."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from skrytka.plugin_api import folders, messages, views
from skrytka_imap import responses
from skrytka_imap.access import Place, find
from skrytka_imap.commands import Status, StatusItem
from skrytka_imap.object_ids import mailbox_id
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session


async def status(session: Session, command: Status) -> Reply:
    """RFC 3501 section 6.3.10."""
    place = await find(session, command.name, "r")
    session.wire.write(await status_line(session, place, command.items))
    return ok("That is its status")


async def status_line(session: Session, place: Place, items: Sequence[StatusItem]) -> bytes:
    """HIGHESTMODSEQ: RFC 7162 section 3.1.7; DELETED and DELETED-STORAGE: RFC 9208 section 4.1.4; SIZE: RFC 8438.

    All but RECENT, DELETED-STORAGE and what a reader has not seen for himself are counters kept with the folder.
    """
    folder = place.folder
    values: dict[StatusItem, int | str] = {
        StatusItem.APPENDLIMIT: session.core.settings.limits.message_octets,
        StatusItem.MESSAGES: folder.messages,
        StatusItem.MAILBOXID: f"({mailbox_id(place.mailbox, folder.folder_id)})",
        StatusItem.UIDNEXT: folder.uid_next,
        StatusItem.UIDVALIDITY: folder.uid_validity,
        StatusItem.UNSEEN: folder.unseen,
        StatusItem.HIGHESTMODSEQ: folder.highest_modseq,
        StatusItem.DELETED: folder.deleted,
        StatusItem.SIZE: folder.octets,
    }
    if StatusItem.UNSEEN in items and place.private_seen:
        values[StatusItem.UNSEEN] = await messages.count_unseen(
            session.core, place.mailbox, place.folder_id, place.reader
        )
    if StatusItem.RECENT in items:
        values[StatusItem.RECENT] = await _recent(session, place)
    if StatusItem.DELETED_STORAGE in items:
        values[StatusItem.DELETED_STORAGE] = await messages.deleted_octets(
            session.core, place.mailbox, folder.folder_id
        )
    return responses.status_line(folder.name, {item: values[item] for item in items}, utf8=session.utf8_names)


async def _recent(session: Session, place: Place) -> int:
    """How many messages no session has been the first to hear of."""
    unclaimed = await folders.unclaimed_recent(session.core, place.mailbox, place.folder_id)
    view = await views.current(session.core, place.mailbox, place.folder_id)
    return len(view.uids) - bisect_left(view.uids, unclaimed.start)
