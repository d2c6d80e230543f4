"""Values beside the mails, in the ledger's terms: a value is a key of its mailbox, and what it says are the flags of one copy
in no folder. One that is not there has no copy."""

from __future__ import annotations

from collections.abc import Iterable

from tests.live.crash.ledger import Copies, Copy, Key


def entry(address: str, folder: str, name: str) -> Key:
    """An entry of metadata; those of the server are of the folder without a name."""
    return Key(address, f"metadata of {folder!r}: {name}")


def grant(address: str, folder: str, identifier: str) -> Key:
    """An entry of an access control list; its rights are told letter by letter."""
    return Key(address, f"rights to {folder!r}: {identifier}")


def holding(words: Iterable[str]) -> Copies:
    found = frozenset(words)
    return (Copy("", None, found),) if found else ()
