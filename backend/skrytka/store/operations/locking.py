"""The first statement of every write: it updates the mailbox row, which serialises the mailbox until the commit."""

from __future__ import annotations

import msgspec

from skrytka.errors import LimitReached, NotFound
from skrytka.model import FolderId, MailboxId, ModSeq
from skrytka.store.interface import Tx


async def advance(tx: Tx, mailbox_id: MailboxId) -> ModSeq:
    """Take the mailbox for this transaction and return the new modseq of all that it changes."""
    row = await tx.row("UPDATE mailbox SET modseq = modseq + 1 WHERE mailbox_id = ? RETURNING modseq", mailbox_id)
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return ModSeq(row[0])


class Taken(msgspec.Struct, frozen=True):
    """A mailbox as the transaction that took it finds it. There may be marks of readers where ``seen_modseq`` is not 0, and they
    count where ``private_seen`` is set."""

    modseq: ModSeq
    private_seen: bool
    seen_modseq: ModSeq


async def take(tx: Tx, mailbox_id: MailboxId) -> Taken:
    """As ``advance``, for what has to do with marks of readers."""
    row = await tx.row(
        "UPDATE mailbox SET modseq = modseq + 1 WHERE mailbox_id = ? RETURNING modseq, private_seen, seen_modseq",
        mailbox_id,
    )
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return Taken(ModSeq(row[0]), bool(row[1]), ModSeq(row[2]))


async def hold(tx: Tx, mailbox_id: MailboxId) -> ModSeq:
    """Take the mailbox for a change that no session needs to hear of, and return its modseq as it stays."""
    row = await tx.row("UPDATE mailbox SET modseq = modseq WHERE mailbox_id = ? RETURNING modseq", mailbox_id)
    if row is None:
        raise NotFound("mailbox", str(mailbox_id))
    return ModSeq(row[0])


NUMBER_MAX = 2**32 - 1
"""UIDs and UIDVALIDITYs are 32 bits wide (RFC 3501 section 9, nz-number)."""


def check_uids(uid_next: int) -> None:
    """After UIDs were assigned up to this one: they fit, or the transaction rolls back."""
    if uid_next - 1 > NUMBER_MAX:
        raise LimitReached("The folder has no UIDs left")


def check_uid_validities(next_uid_validity: int) -> None:
    """The same for UIDVALIDITYs."""
    if next_uid_validity - 1 > NUMBER_MAX:
        raise LimitReached("The mailbox has no UIDVALIDITYs left")


def no_folder(folder_id: FolderId) -> NotFound:
    return NotFound("folder", str(folder_id))
