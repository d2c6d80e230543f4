"""Trees of messages. A node is one of the messages, or a dummy for one that is not there; dummies are roots only."""

from __future__ import annotations

from collections.abc import Iterator

from skrytka_imap.search.listing import Breathe
from skrytka_imap.sorting import in_order
from skrytka_imap.threads.mails import Key, Mails

NO_MAIL = -1
TOGETHER = 2_048


class Forest:
    """``mail_of`` has the message of each node, or ``NO_MAIL``; ``children`` only nodes that have some."""

    def __init__(self, mails: Mails, mail_of: list[int]) -> None:
        self.mails = mails
        self.mail_of = mail_of
        self.roots: list[int] = []
        self.children: dict[int, list[int]] = {}

    def is_dummy(self, node: int) -> bool:
        return self.mail_of[node] == NO_MAIL

    def first(self, node: int) -> int:
        """The message that stands for a node: its own, or the first one of the children of a dummy."""
        if not self.is_dummy(node):
            return self.mail_of[node]
        return min((self.mail_of[child] for child in self.children[node]), key=self.mails.key)

    def key(self, node: int) -> Key:
        return self.mails.key(self.first(node))

    def add_child(self, parent: int, child: int) -> None:
        self.children.setdefault(parent, []).append(child)

    def add_dummy(self, children: list[int]) -> int:
        node = len(self.mail_of)
        self.mail_of.append(NO_MAIL)
        self.children[node] = children
        return node

    def below(self, root: int) -> Iterator[int]:
        """The node and all below it."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += self.children.get(node, ())

    async def sort_roots(self, breathe: Breathe) -> None:
        """RFC 5256 section 3, REFERENCES step (4)."""
        self.roots = await self._sorted(self.roots, breathe)

    async def sort_children(self, breathe: Breathe) -> None:
        """RFC 5256 section 3, REFERENCES step (6), of all but the roots."""
        for done, (node, children) in enumerate(self.children.items(), 1):
            if len(children) > 1:
                self.children[node] = await self._sorted(children, breathe)
            if not done % TOGETHER:
                await breathe()

    async def _sorted(self, nodes: list[int], breathe: Breathe) -> list[int]:
        keys: list[tuple[int, ...]] = []
        for start in range(0, len(nodes), TOGETHER):
            keys += [(*self.key(node), node) for node in nodes[start : start + TOGETHER]]
            await breathe()
        return [node for *_, node in await in_order(keys, breathe)]
