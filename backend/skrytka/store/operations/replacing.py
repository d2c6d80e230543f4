"""Replacing a message by a new one, in the same folder or another: one transaction, so that there is always one of the two."""

from __future__ import annotations

import msgspec

from skrytka.errors import NotFound
from skrytka.model import Appended, FolderId, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations.appending import Append, add
from skrytka.store.operations.expunging import removal
from skrytka.store.operations.locking import take


class Replace(msgspec.Struct, frozen=True):
    """The message ``uid`` of ``source`` goes, the one that ``new`` has comes."""

    source: FolderId
    uid: Uid
    new: Append
    actor: str


async def replace(tx: Tx, values: Replace) -> Appended:
    """The quota has to hold afterwards only: in a full mailbox a message can be replaced by one that is no larger."""
    new = values.new
    taken = await take(tx, new.mailbox_id)
    found = await tx.rows(
        "SELECT uid, flags, size FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid = ?",
        new.mailbox_id,
        values.source,
        values.uid,
    )
    if not found:
        raise NotFound("message", str(values.uid))
    await tx.batch(
        [
            *removal(new.mailbox_id, values.source, found, taken, values.actor, new.now),
            (
                "UPDATE mailbox SET used_octets = used_octets - ?, used_messages = used_messages - 1"
                " WHERE mailbox_id = ?",
                (found[0][2], new.mailbox_id),
            ),
        ]
    )
    return await add(tx, new, modseqs=0)
