"""Tells the client what happened in its selected folder, at the moments at which RFC 3501 section 5.2 allows it."""

from __future__ import annotations

from skrytka.plugin_api import errors, folders, model, views
from skrytka_imap import responses
from skrytka_imap.commands import Command, Examine, Select
from skrytka_imap.flag_telling import flag_lines, tell_keywords
from skrytka_imap.message_names import tells_vanished
from skrytka_imap.selected import Selected, Updates
from skrytka_imap.session import Session
from skrytka_imap.updating import tell_changes, tell_expunged
from skrytka_imap.wire import Over

CHUNK = 500


async def announce(session: Session, *, may_expunge: bool, with_uid: bool = False) -> None:
    """Bring the client up to date with the store, in the order EXPUNGE, EXISTS, RECENT, FETCH.

    ``with_uid`` adds the UID to FETCH, as every answer to a UID command needs it (RFC 3501 section 6.4.8). A store that
    does not answer now is no reason to fail the command that ends here: the next one tells. The store is not asked again
    when the command itself has just read that there is nothing to tell.
    """
    if session.selected.knows_all():
        return
    try:
        current = await current_view(session)
    except errors.Unavailable:
        session.selected.behind = True
        return
    await _tell(session, current, may_expunge=may_expunge, with_uid=with_uid)


async def catch_up(session: Session) -> None:
    """Before a UID command: tell what could not be told because the store did not answer; ``Unavailable`` while it does not.

    The client may know from APPENDUID or COPYUID a UID that the view has not, and such a UID is left out without an error
    (RFC 3501 section 6.4.8): it would take its mail for copied or moved.
    """
    if session.selected.behind:
        await _tell(session, await current_view(session), may_expunge=False, with_uid=True)


async def _tell(session: Session, current: model.FolderView, *, may_expunge: bool, with_uid: bool) -> None:
    selected, notify = session.selected, session.notify
    before = selected.view
    updates = selected.advance(current, may_expunge=may_expunge)
    selected.behind = False
    has_contexts = bool(selected.contexts) and selected.view is not before
    if has_contexts:
        await tell_expunged(session, before, updates.expunged)
    await _write(
        session, selected, updates, with_uid=with_uid or session.condstore or session.rev2 or notify is not None
    )
    if has_contexts or (updates.arrived and notify is not None):
        await tell_changes(session, updates.arrived)
    elif updates.arrived:
        selected.own_arrivals.clear()


async def current_view(session: Session) -> model.FolderView:
    """The selected folder as it is now; new mail that it has is claimed as recent for this session, or only shown as such
    where the folder is open for reading only.

    The claim comes before the view that is returned, so that what is claimed is in it; IMAP4rev2 claims nothing. A folder that
    another session deleted, or that was restored with other UIDs, ends the conversation: no number of the client means anything
    any more.
    """
    selected, folder_id = session.selected, session.selected.folder_id
    look = folders.unclaimed_recent if selected.read_only else folders.claim_recent
    try:
        current = await views.current(session.core, selected.mailbox, folder_id, selected.reader)
        if current.uid_next > selected.view.uid_next and not session.rev2:
            recent = await look(session.core, selected.mailbox, folder_id)
            current = await views.current(session.core, selected.mailbox, folder_id, selected.reader)
            selected.claim_recent(recent)
    except errors.NotFound:
        raise Over("The selected folder was deleted") from None
    if current.uid_validity != selected.view.uid_validity:
        raise Over("The selected folder was replaced")
    return current


def enable_condstore(session: Session, command: Command) -> None:
    """RFC 7162 section 3.1: from now on FETCH answers carry MODSEQ; a client that has a folder selected hears where it is.

    SELECT and EXAMINE leave that folder, and tell the HIGHESTMODSEQ of their own.
    """
    leaves = isinstance(command, Select | Examine)
    if not session.condstore and session.is_selected and not leaves:
        session.say(b"OK", "Noted", b"HIGHESTMODSEQ %d" % session.selected.complete_modseq)
    session.condstore = True


async def _write(session: Session, selected: Selected, updates: Updates, *, with_uid: bool) -> None:
    wire = session.wire
    if updates.vanished and tells_vanished(session):
        wire.write(responses.vanished_line(responses.runs_of(updates.vanished)))
    else:
        for number in updates.expunged:
            wire.write(b"* %d EXPUNGE\r\n" % number)
    if updates.exists is not None:
        wire.write(responses.exists_lines(updates.exists, None if session.rev2 else selected.count_recent()))
    keywords = selected.view.keywords
    tell_keywords(session, (keywords[uid] for uid in updates.uids if uid in keywords))
    notify = session.notify
    if notify is not None and not (notify.selected and notify.selected.flags):
        return  # the client does not want to hear of flags
    for start in range(0, len(updates.changed), CHUNK):
        places = updates.changed[start : start + CHUNK]
        wire.write(flag_lines(session, places, with_uid=with_uid, with_modseq=session.condstore))
        await wire.breathe()
