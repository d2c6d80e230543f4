"""Messages in the order of sort criteria."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import aclosing

from skrytka.plugin_api import errors, model
from skrytka_imap.commands import SortCriterion
from skrytka_imap.contexts import KEY_OCTETS
from skrytka_imap.handlers.sort_facts import facts_of
from skrytka_imap.session import Session
from skrytka_imap.sorting import in_order, needs_keys, order_key, uid_of

TOGETHER = 4_096


async def order_of(
    session: Session,
    view: model.FolderView,
    places: Sequence[int],
    criteria: Sequence[SortCriterion],
    scores: Mapping[int, int],
    most_octets: int = sys.maxsize,
) -> list[bytes]:
    """The messages at these places in order, as ``sorting.order_key`` writes them; without those that are gone.

    ``LimitReached`` where that takes more than ``most_octets``.
    """
    key = order_key(criteria)
    keys: list[bytes] = []
    octets = 0
    async with aclosing(facts_of(session, view, places, with_keys=needs_keys(criteria), scores=scores)) as chunks:
        async for facts in chunks:
            some = list(map(key, facts))
            octets += sum(map(len, some)) + KEY_OCTETS * len(some)
            if octets > most_octets:
                raise errors.LimitReached("These are too many messages to be sorted by that")
            keys += some
    return await in_order(keys, session.wire.breathe)


async def places_of(session: Session, view: model.FolderView, order: Sequence[bytes]) -> list[int]:
    """Where the messages of an order are in the view, which has them all."""
    places: list[int] = []
    for start in range(0, len(order), TOGETHER):
        places += [bisect_left(view.uids, uid_of(key)) for key in order[start : start + TOGETHER]]
        await session.wire.breathe()
    return places
