"""What ``skrytka check`` finds."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal[
    "alias without mailbox",
    "content cannot be read",
    "content without message",
    "content without octets",
    "content without renditions",
    "counter",
    "domain addresses",
    "expunge without content",
    "grant not in the directory",
    "mark without message",
    "marks of nobody",
    "mailbox half done",
    "mailbox not in the directory",
    "mailbox not on its shard",
    "message without content",
    "message without folder",
    "metadata without folder",
    "missing blob",
    "number in use",
    "outdated limits",
    "search index",
]


class Finding(msgspec.Struct, frozen=True):
    """``where`` is a mailbox's address (or shard and number) or a domain; ``detail`` is for people."""

    kind: Kind
    where: str
    detail: str
    repaired: bool = False


class Depth(msgspec.Struct, frozen=True):
    """How far a check goes: mend what can be, read every octet. ``blobs`` are the keys that were there at its beginning."""

    repair: bool
    deep: bool
    blobs: frozenset[str]
