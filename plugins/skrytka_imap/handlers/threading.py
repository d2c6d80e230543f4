"""THREAD."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import aclosing

from skrytka.plugin_api import errors
from skrytka_imap import responses
from skrytka_imap.commands import Thread, ThreadAlgorithm
from skrytka_imap.contexts import KEY_OCTETS
from skrytka_imap.filters import with_filters
from skrytka_imap.handlers.searching import bad_charset, found_in, within_limit
from skrytka_imap.handlers.sort_facts import facts_of
from skrytka_imap.message_ids import DIGEST_OCTETS
from skrytka_imap.message_limit import code_of, message_limit
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.search import BadCharset
from skrytka_imap.session import Session
from skrytka_imap.sort_keys import SortKeys
from skrytka_imap.sorting import sent_at
from skrytka_imap.threads import Forest, Links, Mails, TooMany, by_references, by_refs, by_subject
from skrytka_imap.updating import listing_of


async def thread(session: Session, command: Thread) -> Reply:
    """RFC 5256 section 3; REFS: draft-ietf-morg-inthread-01 section 4. A part of the messages would make other threads: of more
    than one command takes there are none (RFC 9738 section 3.3)."""
    search = await with_filters(session, command.search)
    selected = session.selected
    listing = listing_of(session, selected.mailbox, selected.view, selected.recent, selected.saved)
    if within_limit(session, search, listing)[1] is not None:
        return no("THREAD does not take so many messages", code_of(message_limit(session) or 0))
    try:
        places, _ = await found_in(session, selected.mailbox, selected.view, search, listing)
    except BadCharset:
        return bad_charset()
    try:
        forest = await _threads(session, command.algorithm, places)
    except TooMany:
        raise errors.LimitReached("The Message-IDs of these mails, or what they refer to, are too many") from None
    await _tell(session, forest, uid=command.uid)
    return ok("Those are the threads")


async def _threads(session: Session, algorithm: ThreadAlgorithm, places: Sequence[int]) -> Forest:
    breathe, view = session.wire.breathe, session.selected.view
    mails, links = Mails(), Links(session.settings.thread_message_ids, breathe)
    left = session.settings.sort_octets
    async with aclosing(facts_of(session, view, places, with_keys=True, scores={})) as chunks:
        async for chunk in chunks:
            for facts in chunk:
                row, keys = facts.row, facts.keys
                left -= KEY_OCTETS + len(keys.subject)
                if left < 0:
                    raise errors.LimitReached("These are too many messages to be threaded")
                place = bisect_left(view.uids, row.uid)
                mails.add(place, sent_at(facts), row.internal_date, keys.subject, is_reply=keys.is_reply)
                if algorithm is not ThreadAlgorithm.ORDEREDSUBJECT:
                    await links.add(len(mails) - 1, keys.message_id, _references(keys))
    match algorithm:
        case ThreadAlgorithm.ORDEREDSUBJECT:
            return await by_subject(mails, breathe)
        case ThreadAlgorithm.REFERENCES:
            return await by_references(links, mails, breathe)
        case ThreadAlgorithm.REFS:
            return await by_refs(links, mails, breathe)


def _references(keys: SortKeys) -> list[bytes]:
    joined = keys.references
    return [joined[start : start + DIGEST_OCTETS] for start in range(0, len(joined), DIGEST_OCTETS)]


async def _tell(session: Session, forest: Forest, *, uid: bool) -> None:
    wire, uids = session.wire, session.selected.view.uids

    def number_of(node: int) -> int | None:
        if forest.is_dummy(node):
            return None
        place = forest.mails.places[forest.mail_of[node]]
        return uids[place] if uid else place + 1

    wire.write(responses.THREAD + (b" " if forest.roots else b""))
    for piece in responses.thread_lists(forest.roots, forest.children, number_of):
        wire.write(piece)
        await wire.breathe()
    wire.write(b"\r\n")
