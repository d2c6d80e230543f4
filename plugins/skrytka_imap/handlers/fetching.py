"""FETCH: streams its answers, reading no more of each mail than its items need.

What the client has been told (numbers, UIDs, flags, modseqs) comes from the view. Dates, sizes, ENVELOPE and BODYSTRUCTURE
come from rows and renditions of 500 messages at a time, headers without their bodies, and whole mails one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from skrytka.plugin_api import contents, errors, messages, mime, model, outgoing
from skrytka_imap import responses
from skrytka_imap.announcing import flag_lines
from skrytka_imap.commands import Fetch, FetchAttribute
from skrytka_imap.handlers.fetch_plan import Mail, Plan, plan_of
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

CHUNK = 500
"""Messages of one read of rows, renditions or headers."""

HEADERS_CHUNK = 100
"""Messages whose headers, up to ``limits.header_octets`` each, are in memory together."""

WHOLE_MAILS_CHUNK = 50
"""Messages that become ``\\Seen`` together before their mails are sent."""


async def fetch(session: Session, command: Fetch) -> Reply:
    """RFC 3501 section 6.4.5; CHANGEDSINCE: RFC 7162 section 3.1.4."""
    selected = session.selected
    places = named(session, command.sequence, uid=command.uid)
    if command.changed_since is not None:
        places = _changed_since(selected.view, places, command.changed_since)
    plan = plan_of(command, condstore=session.condstore)
    sets_seen = command.sets_seen and not selected.read_only
    missing = 0
    size = WHOLE_MAILS_CHUNK if plan.needs_octets else HEADERS_CHUNK if plan.needs_headers else CHUNK
    for run in _chunks(places, size):
        if plan.needs_only_view:
            session.wire.write(_from_view(session, plan, run))
            await session.wire.breathe()
        else:
            missing += await _fetch_run(session, plan, run, sets_seen=sets_seen)
        await session.wire.flush()
    return _outcome(session, command, places, missing)


def _changed_since(view: model.FolderView, places: Sequence[range], since: int) -> list[range]:
    return [range(place, place + 1) for run in places for place in run if view.modseqs[place] > since]


def _chunks(places: Sequence[range], size: int) -> Iterator[list[int]]:
    """Places in chunks, over the borders of their ranges."""
    chunk: list[int] = []
    for run in places:
        for place in run:
            chunk.append(place)
            if len(chunk) == size:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _from_view(session: Session, plan: Plan, places: Sequence[int]) -> bytes:
    """Lines of what the view has: nothing is read."""
    selected = session.selected
    if FetchAttribute.FLAGS in plan.items:
        return flag_lines(selected, places, with_uid=plan.with_uid, with_modseq=plan.with_modseq)
    view, lines = selected.view, []
    for place in places:
        items = [responses.uid_item(view.uids[place])] if plan.with_uid else []
        if plan.with_modseq:
            items.append(responses.modseq_item(view.modseqs[place]))
        lines.append(responses.fetch_line(place + 1, items))
    return b"".join(lines)


async def _fetch_run(session: Session, plan: Plan, places: Sequence[int], *, sets_seen: bool) -> int:
    """Answer for one chunk; how many of its messages are gone for good."""
    view = session.selected.view
    seen = await _set_seen(session, places) if sets_seen else {}
    listings = await _listings(session, plan, [model.Uid(view.uids[place]) for place in places])
    headers: dict[model.ContentId, bytes] = {}
    if plan.needs_headers:
        content_ids = [listing.row.content_id for listing in listings.values()]
        headers = await contents.header(session.core, session.mailbox, content_ids)
    missing = 0
    for place in places:
        listing = listings.get(view.uids[place])
        if listing is None:
            missing += 1
            continue
        async with outgoing.sending(session.core, listing.row.size_octets if plan.needs_octets else 0):
            mail = await _mail(session, plan, listing, headers)
            if mail is None:
                missing += 1
                continue
            _write(session, plan, place, mail, seen.get(view.uids[place]))
            await session.wire.breathe()
            if plan.needs_octets:
                await session.wire.flush()
    return missing


async def _set_seen(session: Session, places: Sequence[int]) -> dict[int, model.MessageRow]:
    """Set ``\\Seen`` where it is not; the rows that changed, whose flags the answers must tell."""
    view, seen = session.selected.view, model.Flags.SEEN
    uids = [model.Uid(view.uids[place]) for place in places if not view.flags[place] & seen]
    if not uids:
        return {}
    change = model.FlagChange("add", seen)
    stored = await messages.store_flags(session.core, session.actor, session.mailbox, view.folder_id, uids, change)
    for row in stored.changed:
        session.selected.note_own_change(row.uid, row.modseq)
    return {row.uid: row for row in stored.changed}


async def _listings(session: Session, plan: Plan, uids: Sequence[model.Uid]) -> dict[int, contents.Listing]:
    """Rows and renditions by UID, also of messages that this client does not know to be gone."""
    folder_id = session.selected.folder_id
    if plan.renditions:
        found = await contents.renditions(session.core, session.mailbox, folder_id, uids, plan.renditions)
    else:
        rows = await messages.rows(session.core, session.mailbox, folder_id, uids)
        found = [contents.Listing(row, ()) for row in rows]
    return {listing.row.uid: listing for listing in found}


async def _mail(
    session: Session, plan: Plan, listing: contents.Listing, headers: dict[model.ContentId, bytes]
) -> Mail | None:
    """What the items need of one mail; None when its content has gone since its row was read."""
    content_id = listing.row.content_id
    octets = part = None
    if plan.needs_octets:
        try:
            octets = await contents.octets(session.core, session.mailbox, content_id)
        except errors.NotFound:
            return None
        if plan.needs_parts:
            part = await session.wire.work(len(octets), partial(mime.scan, octets))
    elif plan.needs_headers and content_id not in headers:
        return None
    return Mail(listing.row, listing.renditions, headers.get(content_id), octets, part)


def _write(session: Session, plan: Plan, place: int, mail: Mail, seen: model.MessageRow | None) -> None:
    """One line, its items in the order in which they were asked. ``seen`` is the row that this command changed."""
    selected = session.selected
    view, uid = selected.view, selected.view.uids[place]
    if seen is None:
        flags, keywords, modseq = view.flags[place], selected.keywords(uid), view.modseqs[place]
    else:
        flags, keywords, modseq = int(seen.flags), seen.keywords, seen.modseq
    items = []
    for item in plan.items:
        match item:
            case FetchAttribute.UID:
                items.append(responses.uid_item(uid))
            case FetchAttribute.FLAGS:
                items.append(responses.flags_item(flags, keywords, recent=selected.is_recent(uid)))
            case FetchAttribute.MODSEQ:
                items.append(responses.modseq_item(modseq))
            case _:
                items.append(plan.render(item, mail))
    if seen is not None:
        items += plan.after_change(flags, keywords, modseq, recent=selected.is_recent(uid))
    session.wire.write(responses.fetch_line(place + 1, items))


def _outcome(session: Session, command: Fetch, places: Sequence[range], missing: int) -> Reply:
    """A client that named a message that is gone learns that there is something to be told (RFC 5530, EXPUNGEISSUED)."""
    if command.uid:
        return ok("That is what was asked for")
    if missing:
        return no("Some of the messages are gone", EXPUNGE_ISSUED)
    view, gone = session.selected.view, session.selected.gone
    if gone and any(view.uids[place] in gone for run in places for place in run):
        return ok("Some of these messages are gone", EXPUNGE_ISSUED)
    return ok("That is what was asked for")
