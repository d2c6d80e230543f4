"""ESEARCH, the command that searches in several folders."""

from __future__ import annotations

import msgspec

from skrytka.plugin_api import errors, folders, views
from skrytka_imap import responses
from skrytka_imap.access import Place
from skrytka_imap.commands import MultiSearch, SequenceSet
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.filters import with_filters
from skrytka_imap.handlers.contexts import keep_up_to_date, refuse_reuse
from skrytka_imap.handlers.esearch import Results, answer
from skrytka_imap.handlers.searching import bad_charset, found_in, refuse_charset
from skrytka_imap.handlers.sources import folders_of
from skrytka_imap.replies import Reply, ok
from skrytka_imap.search import BadCharset, is_about_selected
from skrytka_imap.session import Session
from skrytka_imap.updating import listing_of


async def multisearch(session: Session, command: MultiSearch) -> Reply:
    """RFC 7377 section 2: an answer for each folder in which something was found, always with UIDs."""
    refuse_charset(session, command.search)
    command = msgspec.structs.replace(command, search=await with_filters(session, command.search))
    _check(session, command)
    saved = session.selected.saved if session.is_selected else NOTHING
    if command.returns.saves:
        session.selected.saved = NOTHING  # what it is when this command fails (RFC 5182 section 2.1)
    try:
        for place in await folders_of(session, command.sources):
            await _search(session, command, place, saved)
    except BadCharset:
        return bad_charset()
    return ok("Those are the messages")


def _check(session: Session, command: MultiSearch) -> None:
    """What makes sense only in the selected folder (sections 2.1 and 2.2)."""
    returns = command.returns
    if (command.names_selected or returns.updates) and not session.is_selected:
        raise SyntaxFault("No folder is selected")
    if not command.only_selected and (returns.saves or is_about_selected(command.search.key)):
        raise SyntaxFault("SAVE, $ and numbers are for the selected folder alone")
    if returns.updates:
        refuse_reuse(session)


async def _search(session: Session, command: MultiSearch, place: Place, saved: SequenceSet) -> None:
    """One folder. What is deleted meanwhile has no messages."""
    mailbox, folder_id = place.mailbox, place.folder_id
    selected = session.selected if session.is_selected and session.selected.is_folder(mailbox, folder_id) else None
    try:
        if selected is not None:
            view, recent = selected.view, selected.recent
        else:
            recent = [await folders.unclaimed_recent(session.core, mailbox, folder_id)]
            view = await views.current(session.core, mailbox, folder_id, place.reader)
    except errors.NotFound:
        return
    search, returns = command.search, command.returns
    places, scores = await found_in(session, mailbox, view, search, listing_of(session, mailbox, view, recent, saved))
    if selected is not None and returns.updates:
        keep_up_to_date(session, search, saved, places)
    results = Results(view, places, True, search.mentions_modseq, scores)
    if places:
        begin = responses.esearch_folder_begin(
            session.tag, place.folder.name, view.uid_validity, utf8=session.utf8_names
        )
        await answer(session, returns, results, begin)
