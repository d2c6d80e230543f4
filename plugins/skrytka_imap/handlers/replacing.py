"""REPLACE and UID REPLACE."""

from __future__ import annotations

from skrytka.plugin_api import errors, model, replacing
from skrytka_imap.announcing import announce
from skrytka_imap.commands import Replace
from skrytka_imap.handlers.appending import append_uid
from skrytka_imap.handlers.new_mails import new_mails
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named, target, uids_at
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session


async def replace(session: Session, command: Replace) -> Reply:
    """RFC 8508 sections 3.2 and 3.3: both or none. The answers come in the order of its examples: APPENDUID, which the client
    has before anything that may end the session, EXISTS for the new message, and EXPUNGE for the old one, which ends the
    command."""
    selected = session.selected
    if selected.read_only:
        return no("The folder is open for reading only", b"READ-ONLY")
    uids = uids_at(selected.view, named(session, command.sequence, uid=command.uid))
    if not uids:
        return no("There is no such message")
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    mails = await new_mails(session, (command.message,))
    if isinstance(mails, Reply):
        return mails
    stored = await _replace(session, uids[0], found.folder_id, mails[0])
    if isinstance(stored, Reply):
        return stored
    session.say(b"OK", "The new message is stored", append_uid(stored))
    await announce(session, may_expunge=False, with_uid=command.uid)
    return ok("The message is replaced")


async def _replace(
    session: Session, uid: model.Uid, target_id: model.FolderId, mail: model.NewMessage
) -> model.Appended | Reply:
    source = session.selected.folder_id
    try:
        return await replacing.replace(session.core, session.actor, session.mailbox, source, uid, target_id, mail)
    except errors.NotFound as error:
        if error.kind != "message":
            raise
        return no("The message is gone", EXPUNGE_ISSUED)
