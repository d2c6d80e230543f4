"""From a mailbox to the database that holds its mail."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import MailboxRef
from skrytka.store.interface import Database


def shard_of(core: Core, mailbox: MailboxRef) -> Database:
    """A shard that this process was not configured with is an outage, not a missing mailbox."""
    database = core.shards.get(mailbox.shard)
    if database is None:
        raise Unavailable(f"The shard {mailbox.shard!r} is not configured here")
    return database


def now(core: Core) -> int:
    return int(core.now())
