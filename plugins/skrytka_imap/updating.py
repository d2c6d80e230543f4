"""Tells what changes in the results of searches with UPDATE (RFC 5267 section 4.3): ADDTO and REMOVEFROM."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from skrytka.plugin_api import errors, model
from skrytka_imap import arrivals, responses
from skrytka_imap.commands import SequenceSet
from skrytka_imap.contexts import Context, Order, difference, without
from skrytka_imap.handlers.deciding import decide
from skrytka_imap.handlers.esearch import write_set
from skrytka_imap.handlers.ordering import order_of
from skrytka_imap.search import Listing, Matcher, compiled
from skrytka_imap.session import Session
from skrytka_imap.sorting import Update, inserted, removed, uid_of

STEP = 2_048

ANYWHERE = 0
"""The context position that leaves the order, which is that of the folder, to the client (sections 4.3.3 and 4.3.4)."""


def listing_of(
    session: Session, mailbox: model.MailboxRef, view: model.FolderView, recent: Sequence[range], saved: SequenceSet
) -> Listing:
    """What a view of a folder of that mailbox says, for a search now."""
    return Listing(
        view.uids,
        view.flags,
        view.modseqs,
        view.keywords,
        recent,
        saved,
        session.core.now(),
        mailbox.mailbox_id,
    )


Updates = tuple[list[Update], list[Update]]
"""What is no longer among the results, and what is new there, each with its positions."""


async def tell_expunged(session: Session, before: model.FolderView, expunged: Sequence[int]) -> None:
    """What goes out of the results because it goes out of the folder: told before EXPUNGE, while its number still means it.

    ``expunged`` are the numbers in the view ``before``.
    """
    selected = session.selected
    for tag, context in selected.contexts.items():
        gone = [before.uids[number - 1] for number in reversed(expunged) if context.members[number - 1]]
        order, updates = await _reordered(session, context.order, gone, [], [])
        await _tell(session, tag, context, before, updates)
        left = without(context.members, expunged).ljust(len(selected.view.uids), b"\0")
        selected.contexts[tag] = msgspec.structs.replace(context, members=left, order=order)


class Change(msgspec.Struct, frozen=True):
    """Of the results of one search. ``added`` are the places of those that are new among them."""

    updates: Updates
    added: list[int]


async def tell_changes(session: Session, arrived: int) -> None:
    """What came into the results, or left them, otherwise: told after EXISTS. A store that does not answer makes it wait.

    The last ``arrived`` messages are new. What is fetched of them for searches goes before the searches' answers (RFC 5465
    section 7), but behind them together with what NOTIFY wants fetched (section 5.2).
    """
    changes = await _changes(session)
    new = arrivals.others(session, arrived) if arrived else []
    notified = session.notify.selected.items if session.notify is not None and session.notify.selected else ()
    wanted = [(notified, new)] if notified else []
    if new:
        among = frozenset(new)
        for tag, change in changes.items():
            if items := session.selected.contexts[tag].update_items:
                wanted.append((items, [place for place in change.added if place in among]))
    if not notified:
        await arrivals.tell(session, wanted)
    for tag, change in changes.items():
        if (context := session.selected.contexts.get(tag)) is not None:
            await _tell(session, tag, context, session.selected.view, change.updates)
    if notified:
        await arrivals.tell(session, wanted)
    _forget_too_large(session, changes)


async def _changes(session: Session) -> dict[bytes, Change]:
    """By tag; from now on they count as told."""
    selected = session.selected
    view = selected.view
    changes: dict[bytes, Change] = {}
    for tag, context in selected.contexts.items():
        try:
            matcher, members = await _members(session, context)
            places, new = difference(context.members, bytes(members))
            keys: list[bytes] = []
            if context.order is not None and new:
                keys = await order_of(session, view, new, context.order.criteria, matcher.scores)
                new = _only_read(view, members, new, keys)
        except errors.Unavailable:
            continue
        gone = [view.uids[place] for place in places]
        order, updates = await _reordered(session, context.order, gone, keys, [view.uids[place] for place in new])
        changes[tag] = Change(updates, new)
        selected.contexts[tag] = Context(context.search, context.saved, bytes(members), view.highest_modseq, order)
    return changes


def _forget_too_large(session: Session, changes: Mapping[bytes, Change]) -> None:
    """Orders that have grown, from the first on that is one too many."""
    contexts = session.selected.contexts
    for tag, change in changes.items():
        if (context := contexts.get(tag)) is None or context.order is None or not change.added:
            continue
        if ordered_octets(session) > session.settings.sorted_updates_octets:
            del contexts[tag]
            refuse_updates(session, tag, "These are too many messages to be kept in order")


def ordered_octets(session: Session) -> int:
    """What the orders of this session take in memory."""
    orders = [context.order for context in session.selected.contexts.values()]
    return sum(order.octets for order in orders if order is not None)


def refuse_updates(session: Session, tag: bytes, reason: str) -> None:
    """RFC 5267 section 4.3.1; also when it is later that there is too much to keep."""
    session.say(b"NO", reason, b'NOUPDATE "%b"' % tag)


async def _members(session: Session, context: Context) -> tuple[Matcher, bytearray]:
    """Who matches now. What the view cannot decide is asked only of messages that changed: the others match as they did."""
    selected, breathe = session.selected, session.wire.breathe
    listing = listing_of(session, selected.mailbox, selected.view, selected.recent, context.saved)
    matcher = await compiled(context.search, listing, breathe)
    members, changed = bytearray(matcher.members), []
    for start in range(0, len(matcher.undecided), STEP):
        for place in matcher.undecided[start : start + STEP]:
            if listing.modseqs[place] > context.modseq:
                changed.append(place)
            else:
                members[place] = context.members[place]
        await breathe()
    for place in await decide(session, selected.mailbox, selected.view, _about(matcher, changed)):
        members[place] = 1
    return matcher, members


def _about(matcher: Matcher, places: list[int]) -> Matcher:
    return msgspec.structs.replace(matcher, undecided=places)


def _only_read(view: model.FolderView, members: bytearray, new: list[int], keys: Sequence[bytes]) -> list[int]:
    """Those of the new ones that have their place in the order; the others are gone, and no members."""
    read = {uid_of(key) for key in keys}
    for place in new:
        members[place] = view.uids[place] in read
    return [place for place in new if members[place]]


async def _reordered(
    session: Session, order: Order | None, gone: list[int], keys: list[bytes], new: list[int]
) -> tuple[Order | None, Updates]:
    """The order afterwards, and what to tell; all are UIDs, ascending, and ``keys`` are those of the new ones."""
    if order is None:
        return None, ([(ANYWHERE, gone)] if gone else [], [(ANYWHERE, new)] if new else [])
    left, taken = await removed(order.keys, frozenset(gone), session.wire.breathe)
    both, put = inserted(left, keys)
    return Order(order.criteria, both), (taken, put)


async def _tell(session: Session, tag: bytes, context: Context, view: model.FolderView, updates: Updates) -> None:
    """One ESEARCH, if there is anything to tell."""
    if not any(updates):
        return
    wire, uid = session.wire, context.search.uid
    wire.write(responses.esearch_begin(tag, uid=uid))
    for name, pairs in zip((b"REMOVEFROM", b"ADDTO"), updates, strict=True):
        begin = responses.esearch_update_begin(name)
        for position, uids in pairs:
            wire.write(begin + b"%d " % position)
            await write_set(session, view, [bisect_left(view.uids, one) for one in uids], uid=uid)
            begin = b" "
        wire.write(b")" if pairs else b"")
    wire.write(responses.ESEARCH_END)
