"""EXPUNGE and UID EXPUNGE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from skrytka.plugin_api import messages, model
from skrytka_imap.access import check
from skrytka_imap.announcing import current_view
from skrytka_imap.commands import Expunge, SequenceSet
from skrytka_imap.handlers.targets import with_saved
from skrytka_imap.message_limit import highest_uids, limited, message_limit
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

CHUNK = 1_000


async def expunge(session: Session, command: Expunge) -> Reply:
    """RFC 3501 section 6.4.3, RFC 4315 section 2.1. The EXPUNGE answers are written at the end of the command, and then the
    HIGHESTMODSEQ is known that RFC 7162 section 3.2.7 wants."""
    check(session.selected.rights, "e")
    if session.selected.read_only:
        return no("The folder is open for reading only", b"READ-ONLY")
    code = await expunge_deleted(session, command.uids)
    return limited(session, ok("They are gone", tells_modseq=True), code)


async def expunge_deleted(session: Session, wanted: SequenceSet | None) -> bytes | None:
    """Expunge what has ``\\Deleted`` now, told to this client or not; only ``wanted`` UIDs where given, and then no more than one
    command may take, with the response code that says so (RFC 9738 section 3.1: EXPUNGE and CLOSE have no limit)."""
    view = await current_view(session)
    places = [range(len(view.uids))]
    if wanted is not None:
        places = with_saved(session, wanted, wanted.indexes_of_uids(view.uids), view.uids)
    deleted = model.Flags.DELETED.value
    uids: Iterator[model.Uid] = (
        model.Uid(view.uids[place]) for run in places for place in run if view.flags[place] & deleted
    )
    code = None
    if wanted is not None and message_limit(session) is not None:
        highest, code = highest_uids(session, list(uids))
        uids = iter(highest)
    while chunk := list(islice(uids, CHUNK)):
        await messages.expunge(session.core, session.actor, session.selected.mailbox, view.folder_id, chunk)
    return code
