"""Orders and threads of both servers, and the messages about which they do not agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

KEYS = ("ARRIVAL", "CC", "DATE", "DISPLAYFROM", "DISPLAYTO", "FROM", "SIZE", "SUBJECT", "TO")
SORTS = [
    *(f"({key})" for key in KEYS),
    *(f"(REVERSE {key})" for key in KEYS),
    "(SUBJECT REVERSE DATE)",
    "(FROM TO REVERSE SIZE)",
    "(REVERSE DISPLAYFROM ARRIVAL SUBJECT)",
]
THREADS = ("ORDEREDSUBJECT", "REFERENCES", "REFS")


class Threads(msgspec.Struct, frozen=True):
    """``place`` has for each message its parent, None for a root, and who is in its thread; ``order`` are the threads."""

    place: dict[int, tuple[int | None, frozenset[int]]]
    order: list[frozenset[int]]


def threads(answer: Sequence[Any]) -> Threads:
    """Of the lists of a THREAD answer."""
    place: dict[int, tuple[int | None, frozenset[int]]] = {}
    order: list[frozenset[int]] = []
    for thread in answer:
        parents = dict(_parents(thread, None))
        members = frozenset(parents)
        order.append(members)
        place |= {number: (parent, members) for number, parent in parents.items()}
    return Threads(place, order)


def _parents(thread: Sequence[Any], parent: int | None) -> Iterator[tuple[int, int | None]]:
    for item in thread:
        if isinstance(item, list):
            yield from _parents(item, parent)
        else:
            yield int(item), parent
            parent = int(item)


def moved(ours: Sequence[T], theirs: Sequence[T], known: Collection[T]) -> set[T]:
    """What has to be taken out of both so that the rest is in the same order; what is known to be elsewhere goes first.

    Of two that have changed places either could be the one that is elsewhere.
    """
    our_rest, their_rest = ([item for item in order if item not in known] for order in (ours, theirs))
    blocks = SequenceMatcher(None, our_rest, their_rest, autojunk=False).get_matching_blocks()
    common = {item for block in blocks for item in our_rest[block.a : block.a + block.size]}
    elsewhere = {*our_rest, *their_rest} - common
    for item in known:
        one, other = ([each for each in order if each in common or each == item] for order in (ours, theirs))
        if one != other:
            elsewhere.add(item)
    return elsewhere


def threaded_apart(ours: Threads, theirs: Threads, known: Collection[int]) -> set[int]:
    """The messages with other parents, or in other threads.

    Where a thread has the same messages and is flat in both, its first one and the answers to that, it is an order of them:
    when the first is another, not all the others have moved.
    """
    apart = {number for number in ours.place | theirs.place if ours.place.get(number) != theirs.place.get(number)}
    for members in set(ours.order) & set(theirs.order):
        one, other = (_flat(each, members) for each in (ours, theirs))
        if one and other:
            apart = (apart - members) | moved(one, other, [number for number in known if number in members])
    return apart


def _flat(threads: Threads, members: frozenset[int]) -> list[int]:
    """The messages of a thread in their order, where all are answers to the first; else nothing."""
    numbers = [number for number in threads.place if number in members]
    return numbers if all(threads.place[number][0] == numbers[0] for number in numbers[1:]) else []


def threads_moved(ours: Threads, theirs: Threads, known: Collection[int]) -> set[int]:
    """Of each thread that is elsewhere, of those that both have, a message of which that is known, else the lowest number."""
    name = {thread: min(thread & set(known) or thread) for thread in set(ours.order) & set(theirs.order)}
    our_order, their_order = ([name[thread] for thread in one.order if thread in name] for one in (ours, theirs))
    return moved(our_order, their_order, known)
