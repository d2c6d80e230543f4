"""SEARCH: what the view cannot decide is read in stages, rows and headers many at a time, whole mails one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from skrytka.plugin_api import contents, errors, messages, model, outgoing, text_search
from skrytka_imap import responses
from skrytka_imap.commands import Search
from skrytka_imap.handlers.batches import batches
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.search import KNOWN_CHARSETS, BadCharset, Listing, Matcher, Needs, compiled
from skrytka_imap.session import Session

CHUNK = 100
TOLD_TOGETHER = 4_096


async def search(session: Session, command: Search) -> Reply:
    """RFC 3501 section 6.4.4; MODSEQ: RFC 7162 section 3.1.5, whose answer ends with the highest modseq found."""
    selected = session.selected
    view = selected.view
    listing = Listing(view.uids, view.flags, view.modseqs, view.keywords, selected.recent)
    find = partial(text_search.find, session.core, session.mailbox, selected.folder_id)
    try:
        matcher = await compiled(command, listing, session.wire.breathe, find)
    except BadCharset:
        return no("That charset is not known", b"BADCHARSET (%b)" % b" ".join(KNOWN_CHARSETS))
    decided = await _decide(session, matcher)
    places = sorted(matcher.found + decided) if decided else matcher.found
    await _tell(session, command, places)
    return ok("Those are the messages")


async def _tell(session: Session, command: Search, places: Sequence[int]) -> None:
    """The answer is one line, however long."""
    wire, view = session.wire, session.selected.view
    wire.write(responses.SEARCH)
    highest = None
    for start in range(0, len(places), TOLD_TOGETHER):
        part = places[start : start + TOLD_TOGETHER]
        wire.write(
            responses.search_numbers(
                [view.uids[place] for place in part] if command.uid else [place + 1 for place in part]
            )
        )
        if command.mentions_modseq:
            highest = max(highest or 0, *(view.modseqs[place] for place in part))
        await wire.breathe()
    wire.write(responses.search_end(highest))


async def _decide(session: Session, matcher: Matcher) -> list[int]:
    """The places of those that match among the messages that the view leaves open."""
    found: list[int] = []
    for start in range(0, len(matcher.undecided), CHUNK):
        found += await _decide_chunk(session, matcher, matcher.undecided[start : start + CHUNK])
    return found


async def _decide_chunk(session: Session, matcher: Matcher, places: Sequence[int]) -> list[int]:
    """Each message as far as it takes; one that is gone matches nothing."""
    selected = session.selected
    uids = [model.Uid(selected.view.uids[place]) for place in places]
    rows = {row.uid: row for row in await messages.rows(session.core, session.mailbox, selected.folder_id, uids)}
    found: list[int] = []
    left: list[tuple[int, model.MessageRow]] = []
    for place, uid in zip(places, uids, strict=True):
        if (row := rows.get(uid)) is None:
            continue
        verdict = matcher.decide(place, row)
        if verdict is None:
            left.append((place, row))
        elif verdict:
            found.append(place)
        await session.wire.breathe()
    most_octets = session.core.settings.limits.header_octets
    for batch in batches(left, lambda one: min(one[1].size_octets, most_octets), most=CHUNK, octets=most_octets):
        found += await _decide_by_content(session, matcher, batch)
    return found


async def _decide_by_content(
    session: Session, matcher: Matcher, left: Sequence[tuple[int, model.MessageRow]]
) -> list[int]:
    headers = await contents.header(session.core, session.mailbox, [row.content_id for _, row in left])
    found = []
    for place, row in left:
        header = headers.get(row.content_id)
        verdict = await session.wire.work(len(header or b""), partial(matcher.decide, place, row, header))
        if verdict is None and matcher.needs is Needs.OCTETS:
            verdict = await _decide_by_octets(session, matcher, place, row)
        if verdict:
            found.append(place)
        await session.wire.breathe()
    return found


async def _decide_by_octets(session: Session, matcher: Matcher, place: int, row: model.MessageRow) -> bool:
    async with outgoing.sending(session.core, session.mailbox, row.size_octets):
        try:
            octets = await contents.octets(session.core, session.mailbox, row.content_id)
        except errors.NotFound:
            return False
        return bool(await session.wire.work(len(octets), partial(matcher.decide, place, row, octets=octets)))
