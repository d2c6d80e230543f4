"""The ESEARCH answer to SEARCH, and to SORT, with return options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from skrytka.plugin_api import model
from skrytka_imap import responses
from skrytka_imap.commands import PartialRange, ReturnOption, Returns, SequenceSet
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.error_replies import NotSaved
from skrytka_imap.responses import Run
from skrytka_imap.search import BEST
from skrytka_imap.session import Session

TOLD_TOGETHER = 4_096

NO_SCORES: Mapping[int, int] = MappingProxyType({})


class Results(msgspec.Struct, frozen=True):
    """What was found in a view: places in the order of the result, so that MIN is the first and MAX the last.

    ``scores`` are by place; what is not in them is exact (RFC 6203 section 4).
    """

    view: model.FolderView
    places: Sequence[int]
    uid: bool
    mentions_modseq: bool
    scores: Mapping[int, int] = NO_SCORES


async def tell_results(
    session: Session,
    returns: Returns,
    places: Sequence[int],
    *,
    uid: bool,
    mentions_modseq: bool,
    scores: Mapping[int, int] = NO_SCORES,
) -> None:
    """What was found in the selected folder is kept for ``$`` and told, as far as each was asked for."""
    results = Results(session.selected.view, places, uid, mentions_modseq, scores)
    await answer(session, returns, results, responses.esearch_begin(session.tag, uid=uid))


async def answer(session: Session, returns: Returns, results: Results, begin: bytes) -> None:
    """``begin`` goes before the items. ``NotSaved`` comes after the answer: what can be told is told."""
    saved = not returns.saves or await _save(session, returns, results)
    if returns.tells:
        await write_results(session, returns, results, begin)
    if not saved:
        raise NotSaved("The result is too scattered to be kept")


async def write_results(session: Session, returns: Returns, results: Results, begin: bytes) -> None:
    """RFC 4731 section 3.1; PARTIAL: RFC 9394 section 3.1; RELEVANCY: RFC 6203 section 4. ``begin`` goes before the items.

    There is an answer even if nothing was found: then without MIN, MAX, ALL and MODSEQ.
    """
    wire, places = session.wire, results.places
    wire.write(begin + _numbers(returns, results))
    if places and ReturnOption.ALL in returns.options:
        wire.write(b" ALL ")
        await write_set(session, results.view, places, uid=results.uid)
    if returns.partial is not None:
        await _write_partial(session, returns.partial, results)
    if returns.scores:
        await _write_scores(session, returns, results)
    if results.mentions_modseq and (modseq := await _highest_modseq(session, returns, results)):
        wire.write(responses.esearch_number(b"MODSEQ", modseq))
    wire.write(responses.ESEARCH_END)


def _numbers(returns: Returns, results: Results) -> bytes:
    """MIN, MAX and COUNT."""
    items = []
    if results.places:
        for option, place in _ends(results.places):
            if option in returns.options:
                number = results.view.uids[place] if results.uid else place + 1
                items.append(responses.esearch_number(option.encode(), number))
    if ReturnOption.COUNT in returns.options:
        items.append(responses.esearch_number(b"COUNT", len(results.places)))
    return b"".join(items)


async def _write_scores(session: Session, returns: Returns, results: Results) -> None:
    """Of the messages of PARTIAL, else of all that were found, in their order."""
    places, scores = results.places, results.scores
    if returns.partial is not None:
        wanted = returns.partial.of(len(places))
        places = places[wanted.start : wanted.stop]
    session.wire.write(b" RELEVANCY (")
    for start in range(0, len(places), TOLD_TOGETHER):
        part = " ".join([str(scores.get(place, BEST)) for place in places[start : start + TOLD_TOGETHER]])
        session.wire.write((b" " if start else b"") + part.encode())
        await session.wire.breathe()
    session.wire.write(b")")


async def _write_partial(session: Session, window: PartialRange, results: Results) -> None:
    """The range as it was asked for, and the results that are in it; NIL where there are none."""
    session.wire.write(responses.esearch_partial_begin((window.first, window.last)))
    if wanted := window.of(len(results.places)):
        await write_set(session, results.view, results.places[wanted.start : wanted.stop], uid=results.uid)
    session.wire.write(b")" if wanted else b"NIL)")


async def write_set(session: Session, view: model.FolderView, places: Sequence[int], *, uid: bool) -> None:
    """The numbers or UIDs of messages of a view, as a set."""
    wire, uids = session.wire, view.uids
    runs: list[Run] = []
    for start in range(0, len(places), TOLD_TOGETHER):
        part = places[start : start + TOLD_TOGETHER]
        responses.add_to_runs(runs, [uids[place] for place in part] if uid else [place + 1 for place in part])
        await wire.breathe()
    for start in range(0, len(runs), TOLD_TOGETHER):
        wire.write((b"," if start else b"") + responses.set_of_runs(runs[start : start + TOLD_TOGETHER]))
        await wire.breathe()


async def _highest_modseq(session: Session, returns: Returns, results: Results) -> int:
    """RFC 4731 section 3.2; 0, which is no modseq, without messages."""
    highest = 0
    modseqs, of = results.view.modseqs, _meant(returns, results.places)
    for start in range(0, len(of), TOLD_TOGETHER):
        highest = max(highest, *[modseqs[place] for place in of[start : start + TOLD_TOGETHER]])
        await session.wire.breathe()
    return highest


async def _save(session: Session, returns: Returns, results: Results) -> bool:
    """RFC 5182 section 2.1: ``$`` stands for these from now on, as runs of UIDs between which the folder has no others.

    Whether there are so few of them that they can be kept; else ``$`` is empty.
    """
    uids = results.view.uids
    runs: list[Run] = []
    of = sorted(_meant(returns, results.places))
    for start in range(0, len(of), TOLD_TOGETHER):
        responses.add_to_runs(runs, [place + 1 for place in of[start : start + TOLD_TOGETHER]])
        await session.wire.breathe()
    if len(runs) > session.settings.saved_ranges:
        session.selected.saved = NOTHING
        return False
    session.selected.saved = SequenceSet(tuple([(uids[first - 1], uids[last - 1]) for first, last in runs]))
    return True


def _meant(returns: Returns, places: Sequence[int]) -> Sequence[int]:
    """Of which messages MODSEQ tells, and which SAVE keeps."""
    if not returns.means_some or not places:
        return places
    some = {place for option, place in _ends(places) if option in returns.options}
    if returns.partial is not None:
        wanted = returns.partial.of(len(places))
        some.update(places[wanted.start : wanted.stop])
    return sorted(some)


def _ends(places: Sequence[int]) -> tuple[tuple[ReturnOption, int], ...]:
    return (ReturnOption.MIN, places[0]), (ReturnOption.MAX, places[-1])
