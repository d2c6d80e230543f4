"""Quota: limits and use of a mailbox, as the write transactions on its shard see them."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.model import MailboxRef, Quota, Usage
from skrytka.services.shards import shard_of
from skrytka.store.operations import shard_mailboxes


async def get(core: Core, mailbox: MailboxRef) -> tuple[Quota, Usage]:
    """``NotFound`` once the mailbox is gone."""
    return await shard_of(core, mailbox).read(shard_mailboxes.usage, mailbox.mailbox_id)
