"""Threads with the same base subject become one (RFC 5256 section 3, REFERENCES, step 5)."""

from __future__ import annotations

from skrytka_imap.search.listing import Breathe
from skrytka_imap.threads.forest import TOGETHER, Forest


async def merge_subjects(forest: Forest, breathe: Breathe) -> None:
    """The roots are in order, and those that are left stay so."""
    table = await _table(forest, breathe)
    left: dict[int, None] = {}
    for done, node in enumerate(forest.roots, 1):  # (C)
        subject = _subject(forest, node)
        kept = table.get(subject, node) if subject else node
        if kept == node:
            left[node] = None
        else:
            merged = _merged(forest, kept, node)
            if merged != kept:
                left[merged] = None
                left.pop(kept, None)
                table[subject] = merged
        if not done % TOGETHER:
            await breathe()
    forest.roots = list(left)


async def _table(forest: Forest, breathe: Breathe) -> dict[bytes, int]:
    """(A) and (B): the root that others with the same subject are merged with, by subject."""
    table: dict[bytes, int] = {}
    for done, node in enumerate(forest.roots, 1):
        if subject := _subject(forest, node):
            there = table.setdefault(subject, node)
            if not forest.is_dummy(there) and (
                forest.is_dummy(node) or (_is_reply(forest, there) and not _is_reply(forest, node))
            ):
                table[subject] = node
        if not done % TOGETHER:
            await breathe()
    return table


def _merged(forest: Forest, kept: int, node: int) -> int:
    """The root that both are in afterwards."""
    if forest.is_dummy(kept) and forest.is_dummy(node):
        forest.children[kept] += forest.children.pop(node)
    elif forest.is_dummy(kept) or (_is_reply(forest, node) and not _is_reply(forest, kept)):
        forest.add_child(kept, node)
    else:
        return forest.add_dummy([kept, node])
    return kept


def _subject(forest: Forest, node: int) -> bytes:
    return forest.mails.subjects[forest.first(node)]


def _is_reply(forest: Forest, node: int) -> bool:
    return bool(forest.mails.replies[forest.first(node)])
