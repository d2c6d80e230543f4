"""What the view cannot decide of a search is read in stages, rows and headers many at a time, whole mails one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from skrytka.plugin_api import contents, errors, messages, model, outgoing
from skrytka_imap.handlers.batches import batches
from skrytka_imap.handlers.progress import Progress
from skrytka_imap.search import Matcher, Needs
from skrytka_imap.session import Session

CHUNK = 100


async def decide(session: Session, mailbox: model.MailboxRef, view: model.FolderView, matcher: Matcher) -> list[int]:
    """The places of those that match among the messages that the view leaves open, on which the matcher was made."""
    found: list[int] = []
    progress = Progress(session, len(matcher.undecided))
    for start in range(0, len(matcher.undecided), CHUNK):
        places = matcher.undecided[start : start + CHUNK]
        found += await _decide_chunk(session, mailbox, view, matcher, places, progress)
    return found


async def _decide_chunk(
    session: Session,
    mailbox: model.MailboxRef,
    view: model.FolderView,
    matcher: Matcher,
    places: Sequence[int],
    progress: Progress,
) -> list[int]:
    """Each message as far as it takes; one that is gone matches nothing."""
    uids = [model.Uid(view.uids[place]) for place in places]
    rows = {row.uid: row for row in await messages.rows(session.core, mailbox, view.folder_id, uids)}
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
    progress.add(len(places) - len(left))
    most_octets = session.core.settings.limits.header_octets
    for batch in batches(left, lambda one: min(one[1].size_octets, most_octets), most=CHUNK, octets=most_octets):
        found += await _decide_by_content(session, mailbox, matcher, batch, progress)
    return found


async def _decide_by_content(
    session: Session,
    mailbox: model.MailboxRef,
    matcher: Matcher,
    left: Sequence[tuple[int, model.MessageRow]],
    progress: Progress,
) -> list[int]:
    headers = await contents.header(session.core, mailbox, [row.content_id for _, row in left])
    found = []
    for place, row in left:
        header = headers.get(row.content_id)
        work_octets = matcher.effort * len(header or b"")
        verdict = await session.wire.work(work_octets, partial(matcher.decide, place, row, header))
        if verdict is None and matcher.needs is Needs.OCTETS:
            verdict = await _decide_by_octets(session, mailbox, matcher, place, row)
        if verdict:
            found.append(place)
        progress.add()
        await session.wire.breathe()
    return found


async def _decide_by_octets(
    session: Session, mailbox: model.MailboxRef, matcher: Matcher, place: int, row: model.MessageRow
) -> bool:
    async with outgoing.sending(session.core, session.mailbox, row.size_octets):
        try:
            octets = await contents.octets(session.core, mailbox, row.content_id)
        except errors.NotFound:
            return False
        work_octets = matcher.effort * len(octets)
        return bool(await session.wire.work(work_octets, partial(matcher.decide, place, row, octets=octets)))
