"""COPY and MOVE."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import messages, model, transferring
from skrytka_imap import responses
from skrytka_imap.access import Place, check
from skrytka_imap.commands import Copy, Move
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named, note_own_arrivals, target, uids_at
from skrytka_imap.message_limit import code_of, highest_uids, limited, save_limit
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session


async def copy(session: Session, command: Copy) -> Reply:
    """RFC 3501 section 6.4.7; COPYUID: RFC 4315 section 3. All or none, but for messages that are gone already."""
    uids = uids_at(session.selected.view, named(session, command.sequence, uid=command.uid))
    if (refusal := _too_many(session, uids)) is not None:
        return refusal
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    copied = await _copy(session, uids, found)
    note_own_arrivals(session, found, copied.target_uids)
    if not copied.source_uids:
        return _nothing(may_be=command.uid or not uids)
    return ok("The messages are copied", _copy_uid(copied))


async def move(session: Session, command: Move) -> Reply:
    """RFC 6851 section 3.3: COPYUID goes out in an untagged OK, before the EXPUNGE answers, which end the command.

    It takes the rights to do all three of its parts (its section 4.2). Of more messages than one command may take the highest
    are moved (RFC 9738 section 3.1).
    """
    selected = session.selected
    check(selected.rights, "te")
    if selected.read_only:
        return no("The folder is open for reading only", b"READ-ONLY")
    uids = uids_at(selected.view, named(session, command.sequence, uid=command.uid))
    highest, code = highest_uids(session, uids)
    if code is not None:
        uids = sorted(highest)
    if (refusal := _too_many(session, uids)) is not None:
        return refusal
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    moved = await _move(session, uids, found)
    note_own_arrivals(session, found, moved.target_uids)
    if not moved.source_uids:
        return limited(session, _nothing(may_be=command.uid or not uids), code)
    session.say(b"OK", "Those are their new UIDs", _copy_uid(moved))
    return limited(session, ok("The messages are moved", tells_modseq=True), code)


async def _copy(session: Session, uids: Sequence[model.Uid], target: Place) -> model.Copied:
    """With the flags that the session may set there (RFC 4314 section 4)."""
    core, actor, source = session.core, session.actor, session.selected
    if target.mailbox.mailbox_id == source.mailbox.mailbox_id:
        return await messages.copy(
            core, actor, source.mailbox, source.folder_id, uids, target.folder_id, target.settable, target.reader
        )
    ends = (source.mailbox, source.folder_id), (target.mailbox, target.folder_id)
    readers = (source.reader, target.reader)
    return await transferring.copy(core, actor, ends[0], uids, ends[1], target.settable, readers)


async def _move(session: Session, uids: Sequence[model.Uid], target: Place) -> model.Copied:
    core, actor, source = session.core, session.actor, session.selected
    if target.mailbox.mailbox_id == source.mailbox.mailbox_id:
        return await messages.move(
            core, actor, source.mailbox, source.folder_id, uids, target.folder_id, target.settable, target.reader
        )
    ends = (source.mailbox, source.folder_id), (target.mailbox, target.folder_id)
    readers = (source.reader, target.reader)
    return await transferring.move(core, actor, ends[0], uids, ends[1], target.settable, readers)


def _too_many(session: Session, uids: Sequence[model.Uid]) -> Reply | None:
    """RFC 9738 section 3.1: nothing is done, and the code names the lowest UID of the most that could be."""
    limit = save_limit(session)
    if len(uids) <= limit:
        return None
    return no("Too many messages at once; take fewer", code_of(limit, uids[-limit]))


def _nothing(*, may_be: bool) -> Reply:
    """No message is left of those named: by UID, or in an empty folder, that is no error (RFC 3501 section 6.4.8)."""
    return ok("There are no such messages") if may_be else no("The messages are gone", EXPUNGE_ISSUED)


def _copy_uid(copied: model.Copied) -> bytes:
    sources, targets = responses.number_set(copied.source_uids), responses.number_set(copied.target_uids)
    return b"COPYUID %d %b %b" % (copied.uid_validity, sources, targets)
