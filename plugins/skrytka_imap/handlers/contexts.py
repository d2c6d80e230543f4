"""SEARCH and SORT with UPDATE, and CANCELUPDATE, which ends its updates."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka_imap.arrivals import is_too_much
from skrytka_imap.commands import CancelUpdate, Search, SequenceSet
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.contexts import Context, Order, members_at
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.replies import Reply, ok
from skrytka_imap.search import Needs, counts_messages, needs, uses_saved, weight, with_numbers_fixed
from skrytka_imap.session import Session
from skrytka_imap.updating import ordered_octets, refuse_updates


def refuse_reuse(session: Session) -> None:
    """RFC 5267 section 4.3: a tag names one search that is kept up to date."""
    if session.tag in session.selected.contexts:
        raise SyntaxFault("That tag has a search with UPDATE already")


def keep_up_to_date(
    session: Session, search: Search, saved: SequenceSet, places: Sequence[int], order: Order | None = None
) -> None:
    """From now on the client is told what changes in these results, or it is told at once that it will not be (4.3.1).

    There may be so many searches. And ``*`` among UIDs is another message with each that comes: together with what only mails
    can tell it would make us read all mails again each time. What is kept of a search is bounded as well.
    """
    selected = session.selected
    search = msgspec.structs.replace(search, key=with_numbers_fixed(search.key, selected.view.uids))
    items = () if search.returns is None else search.returns.update_items
    saved = saved if uses_saved(search.key) else NOTHING
    if len(selected.contexts) >= session.settings.max_search_contexts:
        refuse_updates(session, session.tag, "Too many searches with UPDATE")
    elif counts_messages(search.key) and needs(search.key) is not Needs.VIEW:
        refuse_updates(session, session.tag, "Ask for UIDs without *")
    elif weight(search.key) + len(saved.ranges) > session.settings.search_context_octets or is_too_much(items):
        refuse_updates(session, session.tag, "That search is too long to be kept")
    elif order is not None and ordered_octets(session) + order.octets > session.settings.sorted_updates_octets:
        refuse_updates(session, session.tag, "These are too many messages to be kept in order")
    else:
        view = selected.view
        members = members_at(places, len(view.uids))
        selected.contexts[session.tag] = Context(search, saved, members, view.highest_modseq, order)


async def cancel_update(session: Session, command: CancelUpdate) -> Reply:
    """RFC 5267 section 4.3.5. A tag without updates has none afterwards either."""
    for tag in command.tags:
        session.selected.contexts.pop(tag, None)
    return ok("No further updates")
