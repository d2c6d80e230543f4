"""The first statement of every write: it updates the mailbox row, which serialises the mailbox until the commit."""

from __future__ import annotations

from skrytka.errors import NotFound
from skrytka.model import FolderId, MailboxId, ModSeq
from skrytka.store.interface import Tx


async def advance(tx: Tx, mailbox_id: MailboxId) -> ModSeq:
    """Take the mailbox for this transaction and return the new modseq of all that it changes."""
    row = await tx.row("UPDATE mailbox SET modseq = modseq + 1 WHERE mailbox_id = ? RETURNING modseq", mailbox_id)
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return ModSeq(row[0])


async def hold(tx: Tx, mailbox_id: MailboxId) -> ModSeq:
    """Take the mailbox for a change that no session needs to hear of, and return its modseq as it stays."""
    row = await tx.row("UPDATE mailbox SET modseq = modseq WHERE mailbox_id = ? RETURNING modseq", mailbox_id)
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return ModSeq(row[0])


def no_folder(folder_id: FolderId) -> NotFound:
    return NotFound("folder", str(folder_id))
