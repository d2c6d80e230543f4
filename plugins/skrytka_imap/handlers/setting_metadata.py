"""SETMETADATA."""

from __future__ import annotations

from skrytka.plugin_api import errors, metadata
from skrytka_imap.access import find_with_entries
from skrytka_imap.commands import SetMetadata
from skrytka_imap.computed_entries import ADMIN, SPECIAL_USE, role_of
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar.filters import check_filter
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session
from skrytka_imap.special_uses import SPECIAL_USES


async def set_metadata(session: Session, command: SetMetadata) -> Reply:
    """RFC 5464 section 4.3: all entries, or none. METADATA TOOMANY has its place in ``error_replies``."""
    place = await find_with_entries(session, command.name) if command.name else None
    entries = dict(command.entries)
    if place is None and ADMIN in entries:
        return no("Only the provider says how to reach him", b"NOPERM")
    try:
        edit = _edit(entries, of_folder=place is not None)
        if place is None:
            _check_filters(entries)
    except SyntaxFault as fault:
        return no(fault.message, b"CANNOT")
    except ValueError:
        return no("A folder can be for one of " + " ".join(SPECIAL_USES.values()), b"USEATTR")
    mailbox = session.mailbox if place is None else place.mailbox
    is_own, user = mailbox.mailbox_id == session.mailbox.mailbox_id, session.mailbox.mailbox_id
    if edit.role and not is_own:
        return no("A folder of another user is for what its owner says", b"USEATTR")
    folder_id = metadata.WHOLE_MAILBOX if place is None else place.folder_id
    try:
        modseq = await metadata.put(session.core, session.actor, mailbox, user, folder_id, edit)
    except errors.TooLarge as error:
        return no(str(error), b"METADATA MAXSIZE %d" % error.limit_octets)
    except errors.AlreadyExists:
        return no("Another folder is for that already", b"USEATTR")
    if session.metadata is not None and is_own:
        session.metadata.own.add(modseq)
    elif session.notify is not None and mailbox.mailbox_id in session.notify.metadata_told:
        session.notify.own_metadata.add((mailbox.mailbox_id, modseq))
    return ok("The entries are set")


def _check_filters(entries: dict[str, bytes | None]) -> None:
    for name, value in entries.items():
        if value is not None:
            check_filter(name, value)


def _edit(entries: dict[str, bytes | None], *, of_folder: bool) -> metadata.Edit:
    """What a folder is for is kept with the folder, not as an entry (RFC 6154 section 4)."""
    if not of_folder or SPECIAL_USE not in entries:
        return metadata.Edit(entries)
    kept = {name: value for name, value in entries.items() if name != SPECIAL_USE}
    return metadata.Edit(kept, (role_of(entries[SPECIAL_USE]),), (SPECIAL_USE,))
