"""Quick resynchronisation: what a client that was away has to hear of a folder (RFC 7162 section 3.2).

The view is older than the log of expunges that is read after it. What left the folder between the two is still in the view, so
it is left out here, and told like every EXPUNGE, when it may be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from skrytka.plugin_api import messages, model
from skrytka_imap import responses
from skrytka_imap.commands import Resync, SequenceSet
from skrytka_imap.flag_telling import flag_lines
from skrytka_imap.selected import Selected
from skrytka_imap.session import Session

CHUNK = 500
"""Changed messages that are told together."""

SCANNED = 10_000
"""Modseqs that are compared before others run."""

PAIRS = 1_000
"""Ranges of UIDs in one line."""

Pairs = Sequence[tuple[int, int]]
"""(first, last), ascending and disjoint."""


async def resynchronize(session: Session, resync: Resync) -> None:
    """RFC 7162 section 3.2.5: as if UID FETCH of the known UIDs asked for FLAGS with CHANGEDSINCE and VANISHED."""
    selected = session.selected
    largest = selected.view.uid_next - 1
    known = [(1, largest)] if resync.known is None else resync.known.bounds(largest)
    lowest = _matched(selected.view.uids, resync.matches) + 1 if resync.matches else 1
    since = model.ModSeq(resync.modseq)
    await _tell_vanished(session, known, since, lowest)
    view = selected.view
    if view.highest_modseq <= since:
        return
    for start in range(0, len(view.uids), SCANNED):
        places = range(start, min(start + SCANNED, len(view.uids)))
        changed = [place for place in places if view.modseqs[place] > since and _is_in(known, view.uids[place])]
        for first in range(0, len(changed), CHUNK):
            session.wire.write(flag_lines(session, changed[first : first + CHUNK], with_uid=True, with_modseq=True))
        await session.wire.breathe()


async def tell_vanished(session: Session, sequence: SequenceSet, since: model.ModSeq) -> None:
    """RFC 7162 section 3.2.6, for UID FETCH. ``*`` is the largest UID that ever was: what had it may be what vanished."""
    saved = session.selected.saved.ranges if sequence.with_saved else ()
    known = SequenceSet((*sequence.ranges, *saved)).bounds(session.selected.view.uid_next - 1)
    await _tell_vanished(session, known, since, 1)


async def _tell_vanished(session: Session, known: Pairs, since: model.ModSeq, lowest: int) -> None:
    """VANISHED (EARLIER) of what was expunged since.

    Where the log does not reach back so far, of every known UID that is not there (section 3.2.6), but for those below
    ``lowest``, which the client has shown to know right.
    """
    selected, mailbox = session.selected, session.selected.mailbox
    if await messages.expunge_horizon(session.core, mailbox, selected.folder_id) <= since:
        async for page in messages.expunged_pages(session.core, mailbox, selected.folder_id, since):
            gone = [uid for uid in page if _is_in(known, uid) and selected.number(uid) is None]
            if gone:
                session.wire.write(responses.vanished_line(responses.runs_of(gone), earlier=True))
            await session.wire.breathe()
        if await messages.expunge_horizon(session.core, mailbox, selected.folder_id) <= since:
            return  # else the log was trimmed meanwhile
    missing = _missing(selected, known, lowest)
    while line := list(islice(missing, PAIRS)):
        session.wire.write(responses.vanished_line(line, earlier=True))
        await session.wire.breathe()


def _is_in(pairs: Pairs, uid: int) -> bool:
    place = bisect_right(pairs, uid, key=_first) - 1
    return place >= 0 and uid <= pairs[place][1]


def _first(pair: tuple[int, int]) -> int:
    return pair[0]


def _missing(selected: Selected, known: Pairs, lowest: int) -> Iterator[tuple[int, int]]:
    """The known UIDs from ``lowest`` on that have been given to a message and are in the folder no more, as pairs."""
    uids, end = selected.view.uids, selected.view.uid_next
    for first, last in known:
        following = max(first, lowest)
        stop = min(last + 1, end)
        place = bisect_left(uids, following)
        while following < stop:
            present = uids[place] if place < len(uids) else stop
            if following < present:
                yield following, min(present, stop) - 1
            following, place = present + 1, place + 1


def _matched(uids: Sequence[int], matches: tuple[SequenceSet, SequenceSet]) -> int:
    """The largest UID up to which numbers have the UIDs that the client knows, 0 if none (section 3.2.5.2).

    Up to it nothing was expunged that the client does not know of already.
    """
    numbers, known = (_written(one) for one in matches)
    matched = 0
    for number, uid in zip(numbers, known, strict=False):
        if number > len(uids) or uids[number - 1] != uid:
            break
        matched = uid
    return matched


def _written(sequence: SequenceSet) -> Iterable[int]:
    """The numbers of a set, ascending; it may name four billion, and few of them are looked at."""
    return (number for first, last in sequence.bounds(0) for number in range(first, last + 1))
