"""REFERENCES (RFC 5256 section 3) and REFS (draft-ietf-morg-inthread-01 section 4)."""

from __future__ import annotations

from skrytka_imap.search.listing import Breathe
from skrytka_imap.sorting import in_order
from skrytka_imap.threads.forest import NO_MAIL, TOGETHER, Forest
from skrytka_imap.threads.links import NO_NODE, Links
from skrytka_imap.threads.mails import Mails
from skrytka_imap.threads.merging import merge_subjects


async def by_references(links: Links, mails: Mails, breathe: Breathe) -> Forest:
    forest = await _grown(links, mails, breathe)
    await forest.sort_roots(breathe)  # (4)
    await merge_subjects(forest, breathe)  # (5)
    await forest.sort_children(breathe)  # (6)
    await forest.sort_roots(breathe)
    return forest


async def by_refs(links: Links, mails: Mails, breathe: Breathe) -> Forest:
    """Without subjects; the thread that the last message has come to is the last."""
    forest = await _grown(links, mails, breathe)
    await forest.sort_children(breathe)
    keys: list[tuple[int, ...]] = []
    seen = 0
    for root in forest.roots:
        found = [mail for node in forest.below(root) if (mail := forest.mail_of[node]) != NO_MAIL]
        keys.append((*max((mails.arrived[mail], mails.places[mail]) for mail in found), root))
        seen += len(found)
        if seen > TOGETHER:
            seen = 0
            await breathe()
    forest.roots = [root for *_, root in await in_order(keys, breathe)]
    return forest


async def _grown(links: Links, mails: Mails, breathe: Breathe) -> Forest:
    """Steps (2) and (3): no dummies but those that are roots, and have two children or more."""
    forest = Forest(mails, links.mail_of)
    above = _Above(links)
    dummies: dict[int, None] = {}
    for node, mail in enumerate(links.mail_of):
        if mail != NO_MAIL:
            parent = above.of(node)
            if parent == NO_NODE:
                forest.roots.append(node)
            else:
                forest.add_child(parent, node)
                if forest.is_dummy(parent):
                    dummies[parent] = None
        if not node % TOGETHER:
            await breathe()
    for dummy in dummies:
        children = forest.children[dummy]
        if len(children) > 1:
            forest.roots.append(dummy)
        else:
            forest.roots += forest.children.pop(dummy)
    return forest


class _Above:
    """The next message above each node; the highest dummy where there are only dummies. Each path is walked once."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._known: dict[int, int] = {}

    def of(self, node: int) -> int:
        parents, mail_of, path = self._links.parents, self._links.mail_of, []
        found = parent = parents[node]
        while parent != NO_NODE and mail_of[parent] == NO_MAIL:
            if (known := self._known.get(parent)) is not None:
                found = known
                break
            path.append(parent)
            found = parents[parent] if parents[parent] != NO_NODE else parent
            parent = parents[parent]
        self._known.update(dict.fromkeys(path, found))
        return found
