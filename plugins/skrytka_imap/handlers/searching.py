"""SEARCH."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from skrytka.plugin_api import model, text_search
from skrytka_imap import responses
from skrytka_imap.commands import ReturnOption, Returns, Search
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.filters import with_filters
from skrytka_imap.handlers.contexts import keep_up_to_date, refuse_reuse
from skrytka_imap.handlers.deciding import decide
from skrytka_imap.handlers.esearch import tell_results
from skrytka_imap.message_limit import code_of, limited, message_limit
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.search import KNOWN_CHARSETS, BadCharset, Listing, compiled, with_highest
from skrytka_imap.session import Session
from skrytka_imap.updating import listing_of

TOLD_TOGETHER = 4_096


async def search(session: Session, command: Search) -> Reply:
    """RFC 3501 section 6.4.4; MODSEQ: RFC 7162 section 3.1.5, the answer ends with the highest modseq found; RETURN: RFC 4731,
    and in IMAP4rev2 without it too (RFC 9051 section 6.4.4)."""
    refuse_charset(session, command)
    command = await with_filters(session, command)
    selected, returns = session.selected, command.returns
    if returns is not None and returns.updates:
        refuse_reuse(session)
    listing = listing_of(session, selected.mailbox, selected.view, selected.recent, selected.saved)
    if returns is not None and returns.saves:
        selected.saved = NOTHING  # what it is when this command fails (RFC 5182 section 2.1)
    command, code = within_limit(session, command, listing)
    try:
        places, scores = await found_in(session, selected.mailbox, selected.view, command, listing)
    except BadCharset:
        return bad_charset()
    if returns is None and session.rev2:
        returns = Returns(frozenset({ReturnOption.ALL}))
    if returns is None:
        await tell_numbers(session, responses.SEARCH, command, places)
        return limited(session, ok("Those are the messages"), code)
    if returns.updates:
        keep_up_to_date(session, command, listing.saved, places)
    await tell_results(
        session, returns, places, uid=command.uid, mentions_modseq=command.mentions_modseq, scores=scores
    )
    return limited(session, ok("Those are the messages"), code)


def within_limit(session: Session, command: Search, listing: Listing) -> tuple[Search, bytes | None]:
    """The search, of as many messages as one command may look at, and the code where there are more (RFC 9738 section 3.1)."""
    limit = message_limit(session)
    if limit is None:
        return command, None
    key, lowest = with_highest(command.key, listing, limit, session.wire.breathe)
    if lowest is None:
        return command, None
    return msgspec.structs.replace(command, key=key), code_of(limit, lowest)


def bad_charset() -> Reply:
    """RFC 3501 section 6.4.4: the charsets that every client can send."""
    return no("That charset is not known", b"BADCHARSET (%b)" % b" ".join(KNOWN_CHARSETS))


async def found_in(
    session: Session, mailbox: model.MailboxRef, view: model.FolderView, command: Search, listing: Listing
) -> tuple[list[int], dict[int, int]]:
    """The places of the messages that match, ascending, and how well they do where FUZZY asks for that."""
    find = partial(text_search.find, session.core, mailbox, view.folder_id)
    matcher = await compiled(command, listing, session.wire.breathe, find, session.settings.search_octets)
    decided = await decide(session, mailbox, view, matcher)
    return sorted(matcher.found + decided) if decided else matcher.found, matcher.scores


async def tell_numbers(session: Session, begin: bytes, search: Search, places: Sequence[int]) -> None:
    """The answer is one line, however long, that begins so."""
    wire, view = session.wire, session.selected.view
    wire.write(begin)
    highest = None
    for start in range(0, len(places), TOLD_TOGETHER):
        part = places[start : start + TOLD_TOGETHER]
        wire.write(
            responses.search_numbers(
                [view.uids[place] for place in part] if search.uid else [place + 1 for place in part]
            )
        )
        if search.mentions_modseq:
            highest = max(highest or 0, *(view.modseqs[place] for place in part))
        await wire.breathe()
    wire.write(responses.search_end(highest))


def refuse_charset(session: Session, command: Search) -> None:
    """RFC 6855 section 3."""
    if session.utf8 and command.charset is not None:
        raise SyntaxFault("After ENABLE UTF8=ACCEPT what is searched for is in UTF-8, without CHARSET")
