"""Replacing a message by a new one, which keeps neither UID nor flags of the old."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.model import OWNER, Actor, Appended, FolderId, MailboxId, MailboxRef, NewMessage, Uid
from skrytka.services import messages
from skrytka.services.publishing import announce
from skrytka.services.shards import shard_of
from skrytka.store.operations import replacing


async def replace(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    source: FolderId,
    uid: Uid,
    target: FolderId,
    mail: NewMessage,
    reader: MailboxId = OWNER,
) -> Appended:
    """Store ``mail`` in ``target`` and expunge the message ``uid`` of ``source``, both or none; ``reader`` as in ``messages``.

    ``NotFound`` when the old one is gone.
    """
    new = await messages.prepared(core, mailbox, target, (mail,), reader)
    values = replacing.Replace(source, uid, new, str(actor))

    def committed(done: Appended) -> None:
        announce(core, actor, mailbox, "appended", done.modseq, (target,), done.uids)
        announce(core, actor, mailbox, "expunged", done.modseq, (source,), (uid,))

    return await shard_of(core, mailbox).write(replacing.replace, values, committed)
