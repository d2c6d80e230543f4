"""SORT."""

from __future__ import annotations

from skrytka_imap import responses
from skrytka_imap.commands import Sort
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.contexts import Order
from skrytka_imap.filters import with_filters
from skrytka_imap.handlers.comparing import compared
from skrytka_imap.handlers.contexts import keep_up_to_date, refuse_reuse
from skrytka_imap.handlers.esearch import tell_results
from skrytka_imap.handlers.ordering import order_of, places_of
from skrytka_imap.handlers.searching import bad_charset, found_in, tell_numbers
from skrytka_imap.replies import Reply, ok
from skrytka_imap.search import BadCharset
from skrytka_imap.session import Session
from skrytka_imap.updating import listing_of


async def sort(session: Session, command: Sort) -> Reply:
    """RFC 5256 section 3; MODSEQ: RFC 7162 section 3.1.5; RETURN: RFC 5267 section 3, UPDATE: its section 4.3."""
    search = await with_filters(session, command.search)
    selected, returns = session.selected, search.returns
    if returns is not None and returns.updates:
        refuse_reuse(session)
    listing = listing_of(session, selected.mailbox, selected.view, selected.recent, selected.saved)
    if returns is not None and returns.saves:
        selected.saved = NOTHING  # what it is when this command fails (RFC 5182 section 2.1)
    try:
        found, scores = await found_in(session, selected.mailbox, selected.view, search, listing)
    except BadCharset:
        return bad_charset()
    criteria = compared(session, command.criteria)
    order = await order_of(session, selected.view, found, criteria, scores, session.settings.sort_octets)
    places = await places_of(session, selected.view, order)
    if returns is None:
        await tell_numbers(session, responses.SORT, search, places)
        return ok("That is their order")
    if returns.updates:
        keep_up_to_date(session, search, listing.saved, places, Order(criteria, order))
    await tell_results(session, returns, places, uid=search.uid, mentions_modseq=search.mentions_modseq, scores=scores)
    return ok("That is their order")
