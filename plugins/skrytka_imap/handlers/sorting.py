"""SORT."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from skrytka.plugin_api import model
from skrytka_imap import responses
from skrytka_imap.commands import Sort, SortCriterion
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.handlers.esearch import tell_results
from skrytka_imap.handlers.searching import TOLD_TOGETHER, bad_charset, found_in, tell_numbers
from skrytka_imap.handlers.sort_facts import facts_of
from skrytka_imap.replies import Reply, ok
from skrytka_imap.search import BadCharset
from skrytka_imap.session import Session
from skrytka_imap.sorting import facts_needed, in_order, order_key, uid_of
from skrytka_imap.updating import listing_of


async def sort(session: Session, command: Sort) -> Reply:
    """RFC 5256 section 3; MODSEQ: RFC 7162 section 3.1.5; RETURN: RFC 5267 section 3."""
    selected, search = session.selected, command.search
    returns = search.returns
    if returns is not None and returns.updates:
        raise SyntaxFault("There is no UPDATE of SORT")
    listing = listing_of(session, selected.view, selected.recent, selected.saved)
    if returns is not None and returns.saves:
        selected.saved = NOTHING  # what it is when this command fails (RFC 5182 section 2.1)
    try:
        found, scores = await found_in(session, selected.view, search, listing)
    except BadCharset:
        return bad_charset()
    order = await order_of(session, selected.view, found, command.criteria, scores)
    places = await places_of(session, selected.view, order)
    if returns is None:
        await tell_numbers(session, responses.SORT, search, places)
    else:
        await tell_results(
            session, returns, places, uid=search.uid, mentions_modseq=search.mentions_modseq, scores=scores
        )
    return ok("That is their order")


async def order_of(
    session: Session,
    view: model.FolderView,
    places: Sequence[int],
    criteria: Sequence[SortCriterion],
    scores: Mapping[int, int],
) -> list[bytes]:
    """The messages at these places in order, as ``sorting.order_key`` writes them."""
    key = order_key(criteria)
    keys: list[bytes] = []
    async for facts in facts_of(session, view, places, with_keys=facts_needed(criteria), scores=scores):
        keys += map(key, facts)
    return await in_order(keys, session.wire.breathe)


async def places_of(session: Session, view: model.FolderView, order: Sequence[bytes]) -> list[int]:
    """Where the messages of an order are in the view, which has them all."""
    places: list[int] = []
    for start in range(0, len(order), TOLD_TOGETHER):
        places += [bisect_left(view.uids, uid_of(key)) for key in order[start : start + TOLD_TOGETHER]]
        await session.wire.breathe()
    return places
