"""Logins verified lately, so that a client which connects again does not cost another argon2id.

Passwords are kept only as HMACs under a key that this process made and never writes down.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict

import msgspec

from skrytka.model import MailboxId

CAPACITY = 100_000


class Verified(msgspec.Struct, frozen=True):
    tag: bytes
    version: int
    until: float


class LoginCache:
    """One verified password per mailbox; the one used longest ago goes first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._key = secrets.token_bytes(32)
        self._capacity = capacity
        self._entries: OrderedDict[MailboxId, Verified] = OrderedDict()

    def _tag(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(), "sha256")

    def knows(self, mailbox_id: MailboxId, version: int, password: str, now: float) -> bool:
        """True when this password was verified against this version of the credential, not too long ago."""
        entry = self._entries.get(mailbox_id)
        if entry is None:
            return False
        if entry.version != version or entry.until <= now:
            del self._entries[mailbox_id]
            return False
        if not hmac.compare_digest(entry.tag, self._tag(password)):
            return False
        self._entries.move_to_end(mailbox_id)
        return True

    def learn(self, mailbox_id: MailboxId, version: int, password: str, until: float) -> None:
        self._entries[mailbox_id] = Verified(self._tag(password), version, until)
        self._entries.move_to_end(mailbox_id)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
