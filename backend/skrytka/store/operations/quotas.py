"""Limits of a mailbox: those of the provider, and those that its user set below them."""

from __future__ import annotations

import msgspec

from skrytka.errors import NotFound, NotPermitted
from skrytka.model import MailboxId, OwnLimits, Quota, Usage
from skrytka.store.interface import Tx
from skrytka.store.operations.locking import hold


def _lesser(quota: str, own: str) -> str:
    return f"CASE WHEN {quota} IS NULL OR {own} < {quota} THEN {own} ELSE {quota} END"


LIMITS = f"{_lesser('quota_octets', 'own_octets')}, {_lesser('quota_messages', 'own_messages')}"
"""What holds for octets and for messages: the lesser of both; NULL where there is none."""


class SetOwn(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    own: OwnLimits
    folder_limit: int


async def limits(tx: Tx, mailbox_id: MailboxId) -> tuple[Quota, OwnLimits, Usage]:
    """The provider's, the user's, and what is used."""
    row = await tx.row(
        "SELECT quota_octets, quota_messages, own_octets, own_messages, own_folders, used_octets, used_messages, folders"
        " FROM mailbox WHERE mailbox_id = ?",
        mailbox_id,
    )
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return Quota(*row[:2]), OwnLimits(*row[2:5]), Usage(*row[5:])


async def set_own(tx: Tx, values: SetOwn) -> None:
    """All three anew. ``NotPermitted`` where one is above the provider's."""
    await hold(tx, values.mailbox_id)
    quota, _, _ = await limits(tx, values.mailbox_id)
    own = values.own
    bounds = ((quota.storage_octets, "octets"), (quota.messages, "messages"), (values.folder_limit, "folders"))
    wanted = (own.storage_octets, own.messages, own.folders)
    for limit, (bound, what) in zip(wanted, bounds, strict=True):
        if limit is not None and bound is not None and limit > bound:
            raise NotPermitted(f"The provider allows {bound} {what}")
    await tx.execute(
        "UPDATE mailbox SET own_octets = ?, own_messages = ?, own_folders = ? WHERE mailbox_id = ?",
        *wanted,
        values.mailbox_id,
    )
