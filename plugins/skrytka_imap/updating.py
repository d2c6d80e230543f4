"""Tells what changes in the results of searches with UPDATE (RFC 5267 section 4.3): ADDTO and REMOVEFROM."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.plugin_api import errors, model
from skrytka_imap import arrivals, responses
from skrytka_imap.commands import SequenceSet
from skrytka_imap.contexts import Context, difference, without
from skrytka_imap.handlers.deciding import decide
from skrytka_imap.handlers.esearch import write_set
from skrytka_imap.search import Listing, Matcher, compiled
from skrytka_imap.session import Session

STEP = 2_048


def listing_of(session: Session, view: model.FolderView, recent: Sequence[range], saved: SequenceSet) -> Listing:
    """What a view says, for a search now."""
    return Listing(
        view.uids,
        view.flags,
        view.modseqs,
        view.keywords,
        recent,
        saved,
        session.core.now(),
        session.mailbox.mailbox_id,
    )


async def tell_expunged(session: Session, before: model.FolderView, expunged: Sequence[int]) -> None:
    """What goes out of the results because it goes out of the folder: told before EXPUNGE, while its number still means it.

    ``expunged`` are the numbers in the view ``before``.
    """
    selected = session.selected
    for tag, context in selected.contexts.items():
        gone = [number - 1 for number in reversed(expunged) if context.members[number - 1]]
        await _tell(session, tag, context, before, (gone, []))
        left = without(context.members, expunged).ljust(len(selected.view.uids), b"\0")
        selected.contexts[tag] = msgspec.structs.replace(context, members=left)


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
        for tag, (_, added) in changes.items():
            if items := session.selected.contexts[tag].update_items:
                wanted.append((items, [place for place in added if place in among]))
    if not notified:
        await arrivals.tell(session, wanted)
    for tag, change in changes.items():
        if (context := session.selected.contexts.get(tag)) is not None:
            await _tell(session, tag, context, session.selected.view, change)
    if notified:
        await arrivals.tell(session, wanted)


async def _changes(session: Session) -> dict[bytes, tuple[list[int], list[int]]]:
    """The places that are no longer of the results, and those that are new among them, by tag; they count as told."""
    selected = session.selected
    found: dict[bytes, tuple[list[int], list[int]]] = {}
    for tag, context in selected.contexts.items():
        try:
            members = await _members(session, context)
        except errors.Unavailable:
            continue
        found[tag] = difference(context.members, members)
        modseq = selected.view.highest_modseq
        selected.contexts[tag] = msgspec.structs.replace(context, members=members, modseq=modseq)
    return found


async def _members(session: Session, context: Context) -> bytes:
    """Who matches now. What the view cannot decide is asked only of messages that changed: the others match as they did."""
    selected, breathe = session.selected, session.wire.breathe
    listing = listing_of(session, selected.view, selected.recent, context.saved)
    matcher = await compiled(context.search, listing, breathe)
    members, changed = bytearray(matcher.members), []
    for start in range(0, len(matcher.undecided), STEP):
        for place in matcher.undecided[start : start + STEP]:
            if listing.modseqs[place] > context.modseq:
                changed.append(place)
            else:
                members[place] = context.members[place]
        await breathe()
    for place in await decide(session, selected.view, _about(matcher, changed)):
        members[place] = 1
    return bytes(members)


def _about(matcher: Matcher, places: list[int]) -> Matcher:
    return msgspec.structs.replace(matcher, undecided=places)


async def _tell(
    session: Session, tag: bytes, context: Context, view: model.FolderView, changes: tuple[list[int], list[int]]
) -> None:
    """One ESEARCH, if there is anything to tell. The position 0 leaves the order to the client (section 4.3.3)."""
    if not any(changes):
        return
    wire, uid = session.wire, context.search.uid
    wire.write(responses.esearch_begin(tag, uid=uid))
    for name, places in zip((b"REMOVEFROM", b"ADDTO"), changes, strict=True):
        if places:
            wire.write(responses.esearch_update_begin(name))
            await write_set(session, view, places, uid=uid)
            wire.write(b")")
    wire.write(responses.ESEARCH_END)
