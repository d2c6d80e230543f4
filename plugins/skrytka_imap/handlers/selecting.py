"""SELECT, EXAMINE, CLOSE and UNSELECT."""

from __future__ import annotations

from skrytka.plugin_api import folders, model, views
from skrytka_imap import responses
from skrytka_imap.commands import Close, Examine, Select, Unselect
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.handlers.expunging import expunge_deleted
from skrytka_imap.handlers.resynchronizing import resynchronize
from skrytka_imap.object_ids import mailbox_id
from skrytka_imap.replies import Reply, ok
from skrytka_imap.selected import Selected
from skrytka_imap.session import Session


async def select(session: Session, command: Select) -> Reply:
    """RFC 3501 section 6.3.1."""
    await _open(session, command, read_only=False)
    return ok("You may read and write", b"READ-WRITE")


async def examine(session: Session, command: Examine) -> Reply:
    """RFC 3501 section 6.3.2. ``\\Recent`` is shown and not lost: nothing is claimed."""
    await _open(session, command, read_only=True)
    return ok("You may read", b"READ-ONLY")


async def close(session: Session, command: Close) -> Reply:
    """RFC 3501 section 6.4.2: expunges without telling."""
    if not session.selected.read_only:
        await expunge_deleted(session, None)
    session.unselect()
    return ok("The folder is closed")


async def unselect(session: Session, command: Unselect) -> Reply:
    """RFC 3691 section 2."""
    session.unselect()
    return ok("The folder is closed")


async def _open(session: Session, command: Select | Examine, *, read_only: bool) -> None:
    """Select the folder and describe it. If that fails, no folder is selected (RFC 3501 section 6.3.1).

    CLOSED parts what was of the folder before from what is of this one (RFC 7162 section 3.2.11).
    """
    if command.resync is not None and not session.qresync:
        raise SyntaxFault("ENABLE QRESYNC first")
    if session.is_selected:
        session.say(b"OK", "The folder before is closed", b"CLOSED")
    session.unselect()
    folder = await folders.get(session.core, session.mailbox, command.name)
    look = folders.unclaimed_recent if read_only else folders.claim_recent
    recent = await look(session.core, session.mailbox, folder.folder_id)
    view = await views.current(session.core, session.mailbox, folder.folder_id)
    selected = Selected(folder.name, view, read_only=read_only)
    selected.claim_recent(recent)
    selected.learn(view.keywords.values(), session.settings.told_keywords)
    session.select(selected)
    _describe(session, selected)
    if command.resync is not None and command.resync.uid_validity == view.uid_validity:
        await resynchronize(session, command.resync)


def _describe(session: Session, selected: Selected) -> None:
    """What SELECT answers before its tagged line, HIGHESTMODSEQ (RFC 7162 section 3.1.2.1) and MAILBOXID (RFC 8474 section 4.2)
    always."""
    view = selected.view
    keywords, read_only = selected.known_keywords, selected.read_only
    session.wire.write(responses.flags_lines(keywords, read_only=read_only, language=session.language))
    session.wire.write(b"* %d EXISTS\r\n* %d RECENT\r\n" % (len(view.uids), selected.count_recent()))
    if (unseen := _first_unseen(view)) is not None:
        session.say(b"OK", "The first one not seen", b"UNSEEN %d" % unseen)
    session.say(b"OK", "UIDs are valid", b"UIDVALIDITY %d" % view.uid_validity)
    session.say(b"OK", "The next UID at least", b"UIDNEXT %d" % view.uid_next)
    session.say(b"OK", "The last change", b"HIGHESTMODSEQ %d" % view.highest_modseq)
    session.say(b"OK", "Its id", b"MAILBOXID (%b)" % mailbox_id(session.mailbox, selected.folder_id).encode())


def _first_unseen(view: model.FolderView) -> int | None:
    """The number of the first message without ``\\Seen``."""
    seen = model.Flags.SEEN.value
    return next((number for number, flags in enumerate(view.flags, 1) if not flags & seen), None)
