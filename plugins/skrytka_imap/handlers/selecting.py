"""SELECT, EXAMINE, CLOSE and UNSELECT."""

from __future__ import annotations

from skrytka.plugin_api import folders, model, rights, views
from skrytka_imap import access, responses
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
    if session.selected.read_only:
        return ok("You may read", b"READ-ONLY")
    return ok("You may read and write", b"READ-WRITE")


async def examine(session: Session, command: Examine) -> Reply:
    """RFC 3501 section 6.3.2. ``\\Recent`` is shown and not lost: nothing is claimed."""
    await _open(session, command, read_only=True)
    return ok("You may read", b"READ-ONLY")


async def close(session: Session, command: Close) -> Reply:
    """RFC 3501 section 6.4.2: expunges without telling; not without the right to, but that is no error (RFC 4314 section 4)."""
    if not session.selected.read_only and "e" in session.selected.rights:
        await expunge_deleted(session, None)
    await session.unselect()
    return ok("The folder is closed")


async def unselect(session: Session, command: Unselect) -> Reply:
    """RFC 3691 section 2."""
    await session.unselect()
    return ok("The folder is closed")


async def _open(session: Session, command: Select | Examine, *, read_only: bool) -> None:
    """Select the folder and describe it. If that fails, no folder is selected (RFC 3501 section 6.3.1). IMAP4rev2 hears its name,
    and nothing of what is recent (RFC 9051 section 6.3.2).

    CLOSED parts what was of the folder before from what is of this one (RFC 7162 section 3.2.11).
    """
    if command.resync is not None and not session.qresync:
        raise SyntaxFault("ENABLE QRESYNC first")
    if session.is_selected:
        session.say(b"OK", "The folder before is closed", b"CLOSED")
    await session.unselect()
    place = await access.find(session, command.name, "r")
    examined = read_only
    read_only = examined or not place.rights & rights.changing(private_seen=place.private_seen)
    look = folders.unclaimed_recent if read_only else folders.claim_recent
    recent = range(0) if session.rev2 else await look(session.core, place.mailbox, place.folder_id)
    view = await views.current(session.core, place.mailbox, place.folder_id, place.reader)
    selected = Selected(
        place.folder.name,
        view,
        place.mailbox,
        read_only=read_only,
        examined=examined,
        granted=place.rights,
        reader=place.reader,
        private_seen=place.private_seen,
    )
    selected.claim_recent(recent)
    selected.learn(view.keywords.values(), session.settings.told_keywords)
    await access.select(session, selected)
    _describe(session, selected)
    if session.rev2:
        session.wire.write(_named(place.folder.name, command.name))
    if command.resync is not None and command.resync.uid_validity == view.uid_validity:
        await resynchronize(session, command.resync)


def _named(name: str, asked: str) -> bytes:
    """RFC 9051 section 6.3.2: the folder's name, and how the client spelt it where that is another spelling."""
    return responses.list_line(name, old_name=asked if asked != name else "", utf8=True)


def _describe(session: Session, selected: Selected) -> None:
    """What SELECT answers before its tagged line, HIGHESTMODSEQ (RFC 7162 section 3.1.2.1) and MAILBOXID (RFC 8474 section 4.2)
    always; UNSEEN tells a message number."""
    view = selected.view
    session.wire.write(access.flags_lines(session))
    session.wire.write(responses.exists_lines(len(view.uids), None if session.rev2 else selected.count_recent()))
    if not (session.rev2 or session.uid_only) and (unseen := _first_unseen(view)) is not None:
        session.say(b"OK", "The first one not seen", b"UNSEEN %d" % unseen)
    session.say(b"OK", "UIDs are valid", b"UIDVALIDITY %d" % view.uid_validity)
    session.say(b"OK", "The next UID at least", b"UIDNEXT %d" % view.uid_next)
    session.say(b"OK", "The last change", b"HIGHESTMODSEQ %d" % view.highest_modseq)
    session.say(b"OK", "Its id", b"MAILBOXID (%b)" % mailbox_id(selected.mailbox, selected.folder_id).encode())


def _first_unseen(view: model.FolderView) -> int | None:
    """The number of the first message without ``\\Seen``."""
    seen = model.Flags.SEEN.value
    return next((number for number, flags in enumerate(view.flags, 1) if not flags & seen), None)
