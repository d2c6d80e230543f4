"""The folder that APPEND, COPY and MOVE put messages into, and the messages that commands name."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import errors, model
from skrytka_imap import access, others
from skrytka_imap.commands import SequenceSet
from skrytka_imap.commands.sequence_set import union
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.replies import Reply, no
from skrytka_imap.session import Session

EXPUNGE_ISSUED = b"EXPUNGEISSUED"
"""RFC 5530 section 3: some of the messages that the command names are gone; an EXPUNGE of them is yet to be told."""


async def target(session: Session, name: str) -> access.Place | Reply:
    """The folder, or the NO that lets a client create it first (RFC 3501 section 7.1, TRYCREATE), if it may."""
    try:
        return await access.find(session, name, "i")
    except errors.NotFound as error:
        other = others.parse(session.settings.prefixes, name)
        if other is not None and not await access.may_create(session, other):
            raise
        return no(str(error), b"TRYCREATE")


def named(session: Session, sequence: SequenceSet, *, uid: bool) -> list[range]:
    """The places in the view of the messages that a command names, ascending.

    A UID that does not exist is left out (RFC 3501 section 6.4.8); a sequence number that does not is the client's error.
    ``$`` stands for what is left of the messages that a SEARCH saved, in either form (RFC 5182 section 2.1).
    """
    uids = session.selected.view.uids
    places = sequence.indexes_of_uids(uids) if uid else sequence.indexes_of_numbers(len(uids))
    if places is None:
        raise SyntaxFault("There is no message of that number")
    return with_saved(session, sequence, places, uids)


def with_saved(session: Session, sequence: SequenceSet, places: list[range], uids: Sequence[int]) -> list[range]:
    """The places of a set among ``uids``, and those of ``$`` where it stands in the set."""
    return union(places, session.selected.saved.indexes_of_uids(uids)) if sequence.with_saved else places


def uids_at(view: model.FolderView, places: Sequence[range]) -> list[model.Uid]:
    """The UIDs of the messages at these places."""
    return [model.Uid(uid) for run in places for uid in view.uids[run.start : run.stop]]


def note_own_arrivals(session: Session, place: access.Place, uids: Sequence[model.Uid]) -> None:
    """The session's own command put these messages into a folder: they are no news to the client (RFC 5465 section 5.2)."""
    if not uids:
        return
    if session.is_selected and session.selected.is_folder(place.mailbox, place.folder_id):
        session.selected.own_arrivals.append(range(uids[0], uids[-1] + 1))
    elif session.notify is not None:
        session.notify.note_arrivals((place.mailbox.mailbox_id, place.folder_id), uids)
