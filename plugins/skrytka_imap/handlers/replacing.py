"""REPLACE and UID REPLACE."""

from __future__ import annotations

from skrytka.plugin_api import errors, messages, model, replacing
from skrytka_imap.access import Place, check
from skrytka_imap.announcing import announce
from skrytka_imap.commands import Replace
from skrytka_imap.handlers.appending import append_uid
from skrytka_imap.handlers.new_mails import new_mails
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named, note_own_arrivals, target, uids_at
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session


async def replace(session: Session, command: Replace) -> Reply:
    """RFC 8508 sections 3.2 and 3.3: both or none. The answers come in the order of its examples: APPENDUID, which the client
    has before anything that may end the session, EXISTS for the new message, and EXPUNGE for the old one, which ends the
    command, with HIGHESTMODSEQ as that of UID EXPUNGE (section 4.5, RFC 7162 section 3.2.9). The rights are those of its three
    parts (section 4.1)."""
    selected = session.selected
    check(selected.rights, "te")
    if selected.read_only:
        return no("The folder is open for reading only", b"READ-ONLY")
    uids = uids_at(selected.view, named(session, command.sequence, uid=command.uid))
    if not uids:
        return no("There is no such message")
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    mails = await new_mails(session, (command.message,), found.settable)
    if isinstance(mails, Reply):
        return mails
    stored = await _replace(session, uids[0], found, mails[0])
    if isinstance(stored, Reply):
        return stored
    note_own_arrivals(session, found, stored.uids)
    session.say(b"OK", "The new message is stored", append_uid(stored))
    await announce(session, may_expunge=False, with_uid=command.uid)
    return ok("The message is replaced", tells_modseq=True)


async def _replace(session: Session, uid: model.Uid, target: Place, mail: model.NewMessage) -> model.Appended | Reply:
    core, actor, source = session.core, session.actor, session.selected
    try:
        if target.mailbox.mailbox_id != source.mailbox.mailbox_id:
            return await _replace_elsewhere(session, uid, target, mail)
        return await replacing.replace(
            core, actor, source.mailbox, source.folder_id, uid, target.folder_id, mail, target.reader
        )
    except errors.NotFound as error:
        if error.kind != "message":
            raise
        return no("The message is gone", EXPUNGE_ISSUED)


async def _replace_elsewhere(session: Session, uid: model.Uid, target: Place, mail: model.NewMessage) -> model.Appended:
    """The new message goes to another mailbox: it is stored first, so that there is always one of the two."""
    core, actor, source = session.core, session.actor, session.selected
    there = await messages.page(core, source.mailbox, source.folder_id, uid - 1, 1)
    if not there or there[0].uid != uid:
        raise errors.NotFound("message", str(uid))
    stored = await messages.append(core, actor, target.mailbox, target.folder_id, [mail], target.reader)
    await messages.expunge(core, actor, source.mailbox, source.folder_id, [uid], deleted_only=False)
    return stored
