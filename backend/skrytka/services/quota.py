"""Quota: limits and use of a mailbox, as the write transactions on its shard see them."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.model import Actor, MailboxRef, OwnLimits, Quota, Usage
from skrytka.services.shards import shard_of
from skrytka.store.operations import quotas, shard_mailboxes


async def get(core: Core, mailbox: MailboxRef) -> tuple[Quota, Usage]:
    """What the provider allows. ``NotFound`` once the mailbox is gone."""
    return await shard_of(core, mailbox).read(shard_mailboxes.usage, mailbox.mailbox_id)


async def limits(core: Core, mailbox: MailboxRef) -> tuple[Quota, OwnLimits, Usage]:
    """What the provider allows, what the user allows himself of it, and what is used."""
    return await shard_of(core, mailbox).read(quotas.limits, mailbox.mailbox_id)


async def set_own(core: Core, actor: Actor, mailbox: MailboxRef, own: OwnLimits) -> None:
    """The user's limits, all anew; ``NotPermitted`` above the provider's. What is there already may be more."""
    values = quotas.SetOwn(mailbox.mailbox_id, own, core.settings.limits.folders)
    await shard_of(core, mailbox).write(quotas.set_own, values)
