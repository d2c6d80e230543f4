"""The ESEARCH answer to SEARCH, and to SORT, with return options."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import model
from skrytka_imap import responses
from skrytka_imap.commands import PartialRange, ReturnOption, Returns, SequenceSet
from skrytka_imap.responses import Run
from skrytka_imap.session import Session

TOLD_TOGETHER = 4_096


async def tell_results(
    session: Session, returns: Returns, places: Sequence[int], *, uid: bool, mentions_modseq: bool
) -> None:
    """RFC 4731 section 3.1, PARTIAL: RFC 9394 section 3.1.

    ``places`` are of the messages found, in the order of the result: MIN is the first, MAX the last.
    There is an answer even if nothing was found: then without MIN, MAX, ALL and MODSEQ.
    """
    if returns.saves:
        await _save(session, returns, places)
    if not returns.tells:
        return
    wire, view, options = session.wire, session.selected.view, returns.options
    wire.write(responses.esearch_begin(session.tag, uid=uid))
    if places:
        for option, place in _ends(places):
            if option in options:
                wire.write(responses.esearch_number(option.encode(), view.uids[place] if uid else place + 1))
    if ReturnOption.COUNT in options:
        wire.write(responses.esearch_number(b"COUNT", len(places)))
    if places and ReturnOption.ALL in options:
        wire.write(b" ALL ")
        await write_set(session, view, places, uid=uid)
    if returns.partial is not None:
        await _write_partial(session, returns.partial, places, uid=uid)
    if mentions_modseq and (modseq := await _highest_modseq(session, returns, places)):
        wire.write(responses.esearch_number(b"MODSEQ", modseq))
    wire.write(responses.ESEARCH_END)


async def _write_partial(session: Session, window: PartialRange, places: Sequence[int], *, uid: bool) -> None:
    """The range as it was asked for, and the results that are in it; NIL where there are none."""
    session.wire.write(responses.esearch_partial_begin((window.first, window.last)))
    if wanted := window.of(len(places)):
        await write_set(session, session.selected.view, places[wanted.start : wanted.stop], uid=uid)
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


async def _highest_modseq(session: Session, returns: Returns, places: Sequence[int]) -> int:
    """RFC 4731 section 3.2; 0, which is no modseq, without messages."""
    highest = 0
    modseqs, of = session.selected.view.modseqs, _meant(returns, places)
    for start in range(0, len(of), TOLD_TOGETHER):
        highest = max(highest, *[modseqs[place] for place in of[start : start + TOLD_TOGETHER]])
        await session.wire.breathe()
    return highest


async def _save(session: Session, returns: Returns, places: Sequence[int]) -> None:
    """RFC 5182 section 2.1: ``$`` stands for these from now on, as runs of UIDs between which the folder has no others."""
    uids = session.selected.view.uids
    runs: list[Run] = []
    of = sorted(_meant(returns, places))
    for start in range(0, len(of), TOLD_TOGETHER):
        responses.add_to_runs(runs, [place + 1 for place in of[start : start + TOLD_TOGETHER]])
        await session.wire.breathe()
    session.selected.saved = SequenceSet(tuple([(uids[first - 1], uids[last - 1]) for first, last in runs]))


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
