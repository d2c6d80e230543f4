"""COPY and MOVE."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import messages, model
from skrytka_imap import responses
from skrytka_imap.commands import Copy, Move
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named, target, uids_at
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
    source = session.selected.folder_id
    copied = await messages.copy(session.core, session.actor, session.mailbox, source, uids, found.folder_id)
    if not copied.source_uids:
        return _nothing(may_be=command.uid or not uids)
    return ok("The messages are copied", _copy_uid(copied))


async def move(session: Session, command: Move) -> Reply:
    """RFC 6851 section 3.3: COPYUID goes out in an untagged OK, before the EXPUNGE answers, which end the command."""
    selected = session.selected
    if selected.read_only:
        return no("The folder is open for reading only", b"READ-ONLY")
    uids = uids_at(selected.view, named(session, command.sequence, uid=command.uid))
    if (refusal := _too_many(session, uids)) is not None:
        return refusal
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    source = selected.folder_id
    moved = await messages.move(session.core, session.actor, session.mailbox, source, uids, found.folder_id)
    if not moved.source_uids:
        return _nothing(may_be=command.uid or not uids)
    session.say(b"OK", "Those are their new UIDs", _copy_uid(moved))
    return ok("The messages are moved", tells_modseq=True)


def _too_many(session: Session, uids: Sequence[model.Uid]) -> Reply | None:
    """RFC 9738 section 3.1: nothing is done, and the code names the lowest UID of the most that could be.

    resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid]
    """
    limit = session.core.settings.limits.copy_messages
    if len(uids) <= limit:
        return None
    return no("Too many messages at once; take fewer", b"MESSAGELIMIT %d %d" % (limit, uids[-limit]))


def _nothing(*, may_be: bool) -> Reply:
    """No message is left of those named: by UID, or in an empty folder, that is no error (RFC 3501 section 6.4.8)."""
    return ok("There are no such messages") if may_be else no("The messages are gone", EXPUNGE_ISSUED)


def _copy_uid(copied: model.Copied) -> bytes:
    sources, targets = responses.number_set(copied.source_uids), responses.number_set(copied.target_uids)
    return b"COPYUID %d %b %b" % (copied.uid_validity, sources, targets)
