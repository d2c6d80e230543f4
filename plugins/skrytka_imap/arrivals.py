"""New messages of the selected folder, with what NOTIFY and searches with UPDATE want fetched of them (RFC 5465, 5.2 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skrytka.plugin_api import errors
from skrytka_imap.commands import BodySection, Fetch, FetchItem
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.decoded import UnknownEncoding
from skrytka_imap.handlers.fetch_plan import plan_of
from skrytka_imap.handlers.fetching import write_answers
from skrytka_imap.session import Session

Items = tuple[FetchItem, ...]


MOST_ITEMS_WEIGHT = 4_096
"""Items, and octets of header names in them, that are kept to be fetched of new mail."""


def is_too_much(items: Items) -> bool:
    """Whether a session may not keep all this."""
    sections = [item.section for item in items if isinstance(item, BodySection)]
    return len(items) + sum(len(name) for section in sections for name in section.fields) > MOST_ITEMS_WEIGHT


def others(session: Session, arrived: int) -> list[int]:
    """The places of the last ``arrived`` messages of the view, but for those that the client itself has put there.

    RFC 5465 section 5.2: it asked for none of these to be fetched.
    """
    selected = session.selected
    uids, own = selected.view.uids, selected.own_arrivals
    places = range(len(uids) - arrived, len(uids))
    found = [place for place in places if not any(uids[place] in some for some in own)] if own else list(places)
    own.clear()
    return found


async def tell(session: Session, wanted: Sequence[tuple[Items, Iterable[int]]]) -> None:
    """FETCH of the messages at these places, one for each, with all items that are wanted of it.

    Nothing is set to ``\\Seen`` by it: nobody has asked for this message. What cannot be told now is not told later either.
    """
    by_items: dict[Items, list[int]] = {}
    for place, together in sorted(_together(wanted).items()):
        by_items.setdefault(tuple(together), []).append(place)
    for items, places in by_items.items():
        try:
            await _fetch(session, items, places)
        except errors.DomainError:
            _give_up(session)
            break
    session.selected.head = None  # it is of no running command, and old when the next one ends


def _give_up(session: Session) -> None:
    """The client is told that it is told no more, and can ask itself: by whom it was promised (RFC 5465 section 5.8, RFC 5267
    section 4.3.1)."""
    if session.notify is not None:
        session.overflow("New messages could not be fetched")
    contexts = session.selected.contexts
    for tag in [tag for tag, context in contexts.items() if context.update_items]:
        del contexts[tag]
        session.wire.write(b'* NO [NOUPDATE "%b"] New messages could not be fetched\r\n' % tag)


def _together(wanted: Sequence[tuple[Items, Iterable[int]]]) -> dict[int, dict[FetchItem, None]]:
    """Each item once for each place."""
    found: dict[int, dict[FetchItem, None]] = {}
    for items, places in wanted:
        for place in places:
            found.setdefault(place, {}).update(dict.fromkeys(items))
    return found


async def _fetch(session: Session, items: Items, places: Sequence[int]) -> None:
    plan = plan_of(Fetch(NOTHING, items), session.selected.mailbox.mailbox_id, condstore=session.condstore)
    runs = [range(place, place + 1) for place in places]
    for run in [[one] for one in runs] if plan.decodes else [runs]:
        try:
            await write_answers(session, plan, run, sets_seen=False)
        except UnknownEncoding:
            continue  # it was written for other mail
