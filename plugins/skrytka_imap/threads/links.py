"""Who answers whom (RFC 5256 section 3, REFERENCES, step 1)."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka_imap.search.listing import Breathe
from skrytka_imap.threads.forest import NO_MAIL

NO_NODE = -1
STEPS_PER_NODE = 100
"""So many steps up the trees, for each node that there may be, are enough for all of them; more are made by no mail client."""

TOGETHER = 4_096


class TooMany(Exception):
    """The Message-IDs are more than may be in memory, or refer to each other in too many ways."""


class Links:
    """Nodes by Message-ID, and the parent of each. There never is a loop in them. ``most_nodes`` bounds memory and time."""

    def __init__(self, most_nodes: int, breathe: Breathe) -> None:
        self.parents: list[int] = []
        self.mail_of: list[int] = []
        self._most_nodes = most_nodes
        self._breathe = breathe
        self._nodes: dict[bytes, int] = {}
        self._was_parent = bytearray()
        self._steps = self._rested = 0

    async def add(self, mail: int, message_id: bytes, references: Sequence[bytes]) -> None:
        """The next message, in the order of the folder; an empty ``message_id`` is like none of the others."""
        node = self._node_of_mail(mail, message_id)
        last = NO_NODE
        for reference in references:  # (A)
            one = self._node(reference)
            if self.parents[one] == NO_NODE:
                self._link(one, last)
            last = one
            await self._rest()
        self.parents[node] = NO_NODE  # (B)
        self._link(node, last)

    def _link(self, node: int, parent: int) -> None:
        """Unless that would make a loop."""
        if parent != NO_NODE and not self._is_below(parent, node):
            self.parents[node] = parent
            self._was_parent[parent] = True

    def _node_of_mail(self, mail: int, message_id: bytes) -> int:
        """Of several messages with one Message-ID the first has it, and the others have none."""
        node = self._node(message_id) if message_id else self._new_node()
        if self.mail_of[node] != NO_MAIL:
            node = self._new_node()
        self.mail_of[node] = mail
        return node

    def _node(self, message_id: bytes) -> int:
        node = self._nodes.get(message_id)
        if node is None:
            node = self._nodes[message_id] = self._new_node()
        return node

    def _new_node(self) -> int:
        if len(self.parents) >= self._most_nodes:
            raise TooMany
        self.parents.append(NO_NODE)
        self.mail_of.append(NO_MAIL)
        self._was_parent.append(False)
        return len(self.parents) - 1

    def _is_below(self, node: int, other: int) -> bool:
        """Whether a node is the other, or a descendant of it; in the usual case that has none, which saves the way up."""
        if not self._was_parent[other]:
            return node == other
        while node not in (NO_NODE, other):
            node = self.parents[node]
            self._steps += 1
        return node == other

    async def _rest(self) -> None:
        self._steps += 1
        if self._steps - self._rested > TOGETHER:
            self._rested = self._steps
            if self._steps > STEPS_PER_NODE * self._most_nodes:
                raise TooMany
            await self._breathe()
