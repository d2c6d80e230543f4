"""FETCH: streams its answers, reading no more of each mail than its items need.

What the client has been told (numbers, UIDs, flags, modseqs) comes from the view. Dates, sizes, ENVELOPE and BODYSTRUCTURE
come from rows and renditions of many messages at a time, headers without their bodies, and whole mails one after another,
small ones a few together.

What a command holds is bounded, whatever its items: one batch, of which a large mail is all, and one item of it on its way out,
because a line is written item by item and waits for a client that is behind; lines that rows and renditions have whole are
written ``LINES`` at a time. Large mails and headers count as ``outgoing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice

import msgspec

from skrytka.plugin_api import contents, errors, messages, mime, model, outgoing
from skrytka_imap import responses
from skrytka_imap.commands import BinarySize, Fetch, FetchAttribute, FetchItem, PartialRange
from skrytka_imap.decoded import UnknownEncoding, check
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.flag_telling import tell_keywords
from skrytka_imap.handlers.batches import batches
from skrytka_imap.handlers.fetch_lines import lines_from_headers, lines_from_rows, lines_from_view
from skrytka_imap.handlers.fetch_plan import Cut, Decode, Mail, Plan, plan_of
from skrytka_imap.handlers.resynchronizing import tell_vanished
from skrytka_imap.handlers.targets import EXPUNGE_ISSUED, named
from skrytka_imap.message_limit import code_of, highest_places, limited, message_limit
from skrytka_imap.message_names import begin, name_at
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.selected import at
from skrytka_imap.session import Session

CHUNK = 500
"""Messages of one read of rows or renditions."""

TOGETHER = 8
"""Mails that are read together with their rows: many small ones, or one of up to ``outgoing.LARGE_OCTETS``."""

BATCH = 100
"""Messages whose headers, or small mails, are in memory together."""

LINES = 50
"""Messages whose lines are made of their rows together."""

STRUCTURE_WORK = 16
"""To make BODY of an octet of BODYSTRUCTURE is as much work as to parse so many of a mail."""

Read = tuple[int, contents.Listing]
"""A place in the view, and what was read of the message there."""


async def fetch(session: Session, command: Fetch) -> Reply:
    """RFC 3501 section 6.4.5; CHANGEDSINCE: RFC 7162 section 3.1.4; VANISHED: its section 3.2.6; PARTIAL: RFC 9394 section 3.3,
    of what is left after that; MESSAGELIMIT: RFC 9738 section 3.1; UNKNOWN-CTE: RFC 3516 section 4.3."""
    if command.vanished and not session.qresync:
        raise SyntaxFault("ENABLE QRESYNC first")
    try:
        return await _fetch(session, command)
    except UnknownEncoding:
        return no("A part has an encoding that is not known here", b"UNKNOWN-CTE")


async def _fetch(session: Session, command: Fetch) -> Reply:
    selected = session.selected
    places = named(session, command.sequence, uid=command.uid)
    if command.changed_since is not None:
        places = _changed_since(selected.view, places, command.changed_since)
    if command.window is not None:
        places = _within(places, command.window)
    chosen, code = highest_places(session, places)
    if code is not None and command.window is not None:
        return no("That range has more messages than one command takes", code_of(message_limit(session) or 0))
    if command.vanished:
        await tell_vanished(session, command.sequence, model.ModSeq(command.changed_since or 0))
    if session.uid_only:
        command = _without_implied_uid(command)
    plan = plan_of(command, selected.mailbox.mailbox_id, condstore=session.condstore)
    sets_seen = command.sets_seen and selected.may_change and "s" in selected.rights
    missing = await write_answers(session, plan, chosen, sets_seen=sets_seen)
    return limited(session, _outcome(session, command, chosen, missing), code)


async def write_answers(session: Session, plan: Plan, places: Sequence[range], *, sets_seen: bool) -> int:
    """The answers for the messages at these places; how many of them are gone for good."""
    missing = 0
    for run in _chunks(places, TOGETHER if plan.reads_mails else CHUNK):
        if plan.needs_only_view:
            session.wire.write(lines_from_view(session, plan, run))
            await session.wire.breathe()
        elif plan.needs_only_rows:
            missing += await _fetch_rows(session, plan, run)
        elif plan.reads_mails:
            missing += await _fetch_mails(session, plan, run, sets_seen=sets_seen)
        else:
            missing += await _fetch_run(session, plan, run, sets_seen=sets_seen)
    return missing


def _without_implied_uid(command: Fetch) -> Fetch:
    """RFC 9586 section 3.3: UIDFETCH begins with the UID, and has it among its items where the client asked for it."""
    return msgspec.structs.replace(command, items=command.items[1:]) if command.implies_uid else command


def _changed_since(view: model.FolderView, places: Sequence[range], since: int) -> list[range]:
    return [range(place, place + 1) for run in places for place in run if view.modseqs[place] > since]


def _within(places: Sequence[range], window: PartialRange) -> list[range]:
    """Those of the places that the window names, without looking at each of them."""
    wanted = window.of(sum(map(len, places)))
    found: list[range] = []
    before = 0
    for run in places:
        found.append(run[max(wanted.start - before, 0) : max(wanted.stop - before, 0)])
        before += len(run)
    return [run for run in found if run]


def _chunks(places: Sequence[range], size: int) -> Iterator[Sequence[int]]:
    """Places in chunks, over the borders of their ranges."""
    if len(places) == 1 and len(places[0]) <= size:
        yield places[0]
        return
    remaining = chain.from_iterable(places)
    while chunk := list(islice(remaining, size)):
        yield chunk


async def _fetch_rows(session: Session, plan: Plan, places: Sequence[int]) -> int:
    """As ``_fetch_run``, for lines that need nothing but rows and renditions: as many at a time as one write should have."""
    uids = session.selected.view.uids
    listings = await _listings(session, plan, [model.Uid(uid) for uid in at(uids, places)])
    known = [place for place in places if uids[place] in listings]
    for start in range(0, len(known), LINES):
        some = known[start : start + LINES]
        session.wire.write(lines_from_rows(session, plan, some, [listings[uids[place]] for place in some]))
        await session.wire.breathe()
    return len(places) - len(known)


async def _fetch_mails(session: Session, plan: Plan, places: Sequence[int], *, sets_seen: bool) -> int:
    """As ``_fetch_run``, for whole mails: those that are small together come with their rows."""
    selected = session.selected
    highest_first = len(places) > 1 and places[0] > places[-1]
    if highest_first:
        places = places[::-1]  # what is read comes in ascending order
    uids = at(selected.view.uids, places)
    most_octets = outgoing.LARGE_OCTETS // len(uids)
    read = await contents.mails(session.core, selected.mailbox, selected.folder_id, uids, most_octets)
    selected.head = read.head
    missing = len(places) - len(read.listings)
    if missing:
        there = {listing.row.uid for listing in read.listings}
        places = [place for place, uid in zip(places, uids, strict=True) if uid in there]
    found = list(zip(places, read.listings, strict=True))
    if highest_first:
        found.reverse()
    if None not in [listing.octets for _, listing in found]:
        mails = [(place, await _whole(session, plan, listing)) for place, listing in found]
        await _answer(session, plan, mails, sets_seen=sets_seen)
        return missing
    for batch in _batches(session, plan, found):
        missing += await _fetch_batch(session, plan, batch, sets_seen=sets_seen)
    return missing


async def _fetch_run(session: Session, plan: Plan, places: Sequence[int], *, sets_seen: bool) -> int:
    """Answer for one chunk; how many of its messages are gone for good."""
    uids = session.selected.view.uids
    listings = await _listings(session, plan, [model.Uid(uids[place]) for place in places])
    found = [(place, listings[uids[place]]) for place in places if uids[place] in listings]
    missing = len(places) - len(found)
    for batch in _batches(session, plan, found):
        missing += await _fetch_batch(session, plan, batch, sets_seen=sets_seen)
    return missing


def _batches(session: Session, plan: Plan, found: Sequence[Read]) -> Iterable[Sequence[Read]]:
    """Large mails one by one; small ones, or headers, as many as a large mail, or a header, may have octets."""
    if plan.needs_octets:
        return batches(found, lambda read: read[1].row.size_octets, most=BATCH, octets=outgoing.LARGE_OCTETS - 1)
    if plan.needs_headers:
        most_octets = session.core.settings.limits.header_octets
        return batches(found, lambda read: min(read[1].row.size_octets, most_octets), most=BATCH, octets=most_octets)
    return [found]


async def _fetch_batch(session: Session, plan: Plan, batch: Sequence[Read], *, sets_seen: bool) -> int:
    """Read, mark as seen what there is to send, and send it; how many messages have lost their content meanwhile."""
    headers: dict[model.ContentId, bytes] = {}
    if plan.needs_headers:
        mailbox = session.selected.mailbox
        headers = await contents.header(session.core, mailbox, [listing.row.content_id for _, listing in batch])
    async with outgoing.sending(session.core, session.mailbox, _held_octets(plan, batch, headers)):
        read = [(place, await _mail(session, plan, listing, headers)) for place, listing in batch]
        mails = [(place, mail) for place, mail in read if mail is not None]
        await _answer(session, plan, mails, sets_seen=sets_seen)
    return len(batch) - len(mails)


async def _answer(session: Session, plan: Plan, mails: Sequence[tuple[int, Mail]], *, sets_seen: bool) -> None:
    _check_encodings(plan, mails)
    seen = await _set_seen(session, [place for place, _ in mails]) if sets_seen else {}
    if plan.needs_only_headers and not seen:
        await _send_together(session, plan, mails)
        return
    for place, mail in mails:
        await _send(session, plan, place, mail, seen.get(session.selected.view.uids[place]))
        await session.wire.breathe()


async def _send_together(session: Session, plan: Plan, mails: Sequence[tuple[int, Mail]]) -> None:
    """As ``_send``, the lines of as many mails at a time as one write should have: small headers, with few sections of each."""
    cuts = plan.cuts
    most, octets = max(LINES // cuts, 1), outgoing.LARGE_OCTETS - 1
    for some in batches(mails, lambda one: cuts * len(one[1].header or b""), most=most, octets=octets):
        if len(some) == 1:
            await _send(session, plan, *some[0], None)
        else:
            places, together = zip(*some, strict=True)
            session.wire.write(lines_from_headers(session, plan, places, together))
        await session.wire.breathe()


def _check_encodings(plan: Plan, mails: Sequence[tuple[int, Mail]]) -> None:
    """Before anything is changed or written of a mail that cannot be decoded."""
    for item in plan.decodes:
        for _, mail in mails:
            assert mail.part is not None, "the plan reads what its sections need"
            check(mail.part, item)


def _held_octets(plan: Plan, batch: Sequence[Read], headers: dict[model.ContentId, bytes]) -> int:
    """What counts as on its way out: whole mails, and of the headers those that are as large as a large mail."""
    if plan.needs_octets:
        return sum(listing.row.size_octets for _, listing in batch)
    return sum(len(header) for header in headers.values() if len(header) >= outgoing.LARGE_OCTETS)


async def _set_seen(session: Session, places: Sequence[int]) -> dict[int, model.MessageRow]:
    """Set ``\\Seen`` where it is not; the rows that changed, whose flags the answers must tell."""
    view, seen = session.selected.view, model.Flags.SEEN
    uids = [model.Uid(view.uids[place]) for place in places if not view.flags[place] & seen]
    if not uids:
        return {}
    change = model.FlagChange("add", seen)
    mailbox, reader = session.selected.mailbox, session.selected.reader
    stored = await messages.store_flags(session.core, session.actor, mailbox, view.folder_id, uids, change, reader)
    session.selected.head = None
    tell_keywords(session, (row.keywords for row in stored.changed))
    for row in stored.changed:
        session.selected.note_own_change(row.uid, row.modseq)
    return {row.uid: row for row in stored.changed}


async def _listings(session: Session, plan: Plan, uids: Sequence[model.Uid]) -> dict[int, contents.Listing]:
    """Rows and renditions by UID, also of messages that this client does not know to be gone."""
    folder_id, mailbox = session.selected.folder_id, session.selected.mailbox
    if plan.renditions:
        found = await contents.renditions(session.core, mailbox, folder_id, uids, plan.renditions, plan.if_stored)
    else:
        rows = await messages.rows(session.core, mailbox, folder_id, uids)
        found = [contents.Listing(row) for row in rows]
    return {listing.row.uid: listing for listing in found}


async def _mail(
    session: Session, plan: Plan, listing: contents.Listing, headers: dict[model.ContentId, bytes]
) -> Mail | None:
    """What the items need of one mail; None when its content has gone since its row was read."""
    if plan.needs_octets:
        try:
            return await _whole(session, plan, listing)
        except errors.NotFound:
            return None
    header = headers.get(listing.row.content_id)
    if plan.needs_headers and header is None:
        return None
    return Mail(listing.row, listing.renditions, header, None, None)


async def _whole(session: Session, plan: Plan, listing: contents.Listing) -> Mail:
    octets, part = listing.octets, None
    if octets is None:
        octets = await contents.octets(session.core, session.selected.mailbox, listing.row.content_id)
    if plan.needs_parts:
        part = await session.wire.work(len(octets), partial(mime.scan, octets))
    return Mail(listing.row, listing.renditions, None, octets, part)


class _Told:
    """What the view, or the row that this command changed, says of a message."""

    __slots__ = ("_place", "_seen", "_selected")

    def __init__(self, session: Session, place: int, seen: model.MessageRow | None) -> None:
        self._selected = session.selected
        self._place = place
        self._seen = seen

    def item(self, item: FetchItem) -> bytes:
        place, seen, selected = self._place, self._seen, self._selected
        view, uid = selected.view, selected.view.uids[place]
        match item:
            case FetchAttribute.UID:
                return responses.uid_item(uid)
            case FetchAttribute.FLAGS:
                flags, keywords = (
                    (view.flags[place], selected.keywords(uid)) if seen is None else (int(seen.flags), seen.keywords)
                )
                return responses.flags_item(flags, keywords, recent=selected.is_recent(uid))
            case FetchAttribute.MODSEQ:
                return responses.modseq_item(view.modseqs[place] if seen is None else seen.modseq)
        raise AssertionError(f"{item} does not come from the view")


async def _send(session: Session, plan: Plan, place: int, mail: Mail, seen: model.MessageRow | None) -> None:
    """One line, its items in the order in which they were asked. ``seen`` is the row that this command changed.

    The octets of a section are written as they are, without a copy, and before the next is cut.
    """
    wire, told = session.wire, _Told(session, place, seen)
    start = begin(session) % name_at(session, place)
    items: list[bytes] = []
    for item, writer in plan.writers:
        if isinstance(writer, (Cut, Decode)):
            work_octets = writer.work_octets(mail)
            octets = (
                await wire.work(work_octets, partial(writer.octets_of, mail)) if work_octets else writer.octets_of(mail)
            )
            items.append(writer.head(octets))
            wire.write(start + b" ".join(items))
            wire.write(octets or b"")
            if writer is not plan.writers[-1][1]:
                await wire.breathe()
            start, items = b"", [b""]  # the blank that goes before what follows, if anything does
        elif writer is None:
            items.append(told.item(item))
        elif item is FetchAttribute.BODY:
            items.append(await wire.work(STRUCTURE_WORK * len(mail.renditions[-1] or b""), partial(writer, mail)))
        elif isinstance(item, BinarySize):
            items.append(await wire.work(len(mail.octets or b""), partial(writer, mail)))
        else:
            items.append(writer(mail))
    if seen is not None:
        after = plan.after_change
        items += [told.item(item) for item in after if not (session.uid_only and item is FetchAttribute.UID)]
    wire.write(start + b" ".join(items) + b")\r\n")


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
