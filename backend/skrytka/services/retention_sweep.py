"""Applying retention to one mailbox after the other, whether or not anybody opens them.

Every batch is one bounded transaction behind the fence of the lease: running it again finds nothing left to do, and a process
whose lease was taken over changes nothing. Sessions hear of it as of any other expunge.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from skrytka.core import Core
from skrytka.errors import AlreadyExists, Conflict, DomainError, NotFound, Unavailable
from skrytka.model import (
    Actor,
    Copied,
    Expunged,
    Folder,
    FolderId,
    Mailbox,
    MailboxRef,
    RetentionPolicy,
    Role,
    State,
    Uid,
)
from skrytka.services import counting, folders, messages, retention
from skrytka.services.publishing import announce
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import directory_mailboxes, retaining
from skrytka.store.operations.copying import Transfer
from skrytka.store.operations.directory_mailboxes import MailboxScan
from skrytka.store.operations.expunging import Expunge
from skrytka.store.operations.job_fences import Fence
from skrytka.store.operations.retaining import DueAsk, FencedExpunge, FencedMove

log = logging.getLogger(__name__)

JOB = "retention"
ACTOR = Actor(credential=JOB, protocol="job")
BATCH = 500
MAILBOXES_PER_PAGE = 200
DAY_S = 86_400

Action = Literal["delete", "trash"]


POLICIES_S = 5.0
"""So old may the policies be that a mailbox is swept by: one that was a mistake can be disabled while a sweep runs."""


class Sweep(msgspec.Struct, frozen=True):
    """What holds for a mailbox that is swept. ``lease`` is the fence's number, ``now`` decides what is due.

    What is done has the time at which it is done: a long sweep must not make the grace of its later expunges shorter.
    """

    policies: Sequence[RetentionPolicy]
    lease: int
    now: int


async def sweep(core: Core, lease: int, after_id: int, save: Callable[[int], Awaitable[None]]) -> int:
    """Sweep all mailboxes with an id above ``after_id``, telling ``save`` how far it got. Returns how many messages went.

    A mailbox that cannot be swept now (its shard is down, it was just deleted) is left for the next sweep, and a shard that
    does not answer with all its mailboxes: each would cost the patience with a store. A lost lease (``Conflict``) ends this one.
    """
    now_s = int(core.now())
    run, read_at = Sweep(await retention.list_enabled(core), lease, now_s), core.elapsed()
    if not run.policies and not core.extensions.retention_rules:
        return 0
    count = 0
    down: set[str] = set()
    while page := await core.directory.read(directory_mailboxes.scan, MailboxScan(after_id, MAILBOXES_PER_PAGE)):
        for mailbox in page:
            if core.elapsed() - read_at >= POLICIES_S:
                run, read_at = Sweep(await retention.list_enabled(core), lease, now_s), core.elapsed()
            count += await _sweep_or_log(core, mailbox, run, down)
            await asyncio.sleep(0)  # reads never suspend by themselves on SQLite
        after_id = page[-1].ref.mailbox_id
        await save(after_id)
    return count


async def _sweep_or_log(core: Core, mailbox: Mailbox, run: Sweep, down: set[str]) -> int:
    if mailbox.state is not State.ACTIVE or mailbox.ref.shard in down:
        return 0
    try:
        return await sweep_mailbox(core, mailbox, run)
    except Conflict:
        raise
    except Unavailable as error:
        down.add(mailbox.ref.shard)
        log.warning("retention on %s waits for the next sweep: %s", mailbox.ref.shard, error)
    except DomainError as error:
        log.warning("retention of %s waits for the next sweep: %s", mailbox.ref.address, error)
    except Exception:
        # A plugin's rule may fail on one mailbox; the others still have to be swept.
        log.exception("retention of %s failed", mailbox.ref.address)
    return 0


async def sweep_mailbox(core: Core, mailbox: Mailbox, run: Sweep) -> int:
    """All folders of one mailbox; returns how many messages went."""
    policies = [policy for policy in run.policies if retention.matches_mailbox(policy, mailbox)]
    if not policies and not core.extensions.retention_rules:
        return 0
    count = 0
    for folder in await folders.list_all(core, mailbox.ref):
        if not folder.messages:
            continue
        for action in ("delete", "trash"):
            days = [
                policy.days
                for policy in policies
                if policy.action == action and retention.matches_folder(policy, folder)
            ]
            if days:
                before = run.now - min(days) * DAY_S
                count += await _sweep_folder(core, mailbox.ref, folder, action, before, run)
        if core.extensions.retention_rules:
            count += await _apply_rules(core, mailbox.ref, folder, run)
    return count


async def _sweep_folder(
    core: Core, mailbox: MailboxRef, folder: Folder, action: Action, before: int, run: Sweep
) -> int:
    """Take what was saved at ``before`` or earlier."""
    ask = DueAsk(mailbox.mailbox_id, folder.folder_id, before, BATCH)
    count = 0
    while due := await shard_of(core, mailbox).read(retaining.due, ask):
        taken = await _take(core, mailbox, folder.folder_id, action, sorted(due), run)
        if not taken:
            break  # others took them
        count += taken
    return count


async def _apply_rules(core: Core, mailbox: MailboxRef, folder: Folder, run: Sweep) -> int:
    """Plugins decide by message, so every message is looked at."""
    count, after_uid = 0, 0
    while page := await messages.page(core, mailbox, folder.folder_id, after_uid, BATCH):
        taken: dict[Action, list[Uid]] = {"delete": [], "trash": []}
        for message in page:
            answers = {rule.takes(folder, message, run.now) for rule in core.extensions.retention_rules}
            if "delete" in answers:
                taken["delete"].append(message.uid)
            elif "trash" in answers and folder.role is not Role.TRASH:
                taken["trash"].append(message.uid)
        for action, uids in taken.items():
            if uids:
                count += await _take(core, mailbox, folder.folder_id, action, uids, run)
        after_uid = page[-1].uid
        await asyncio.sleep(0)
    return count


async def _take(
    core: Core, mailbox: MailboxRef, folder_id: FolderId, action: Action, uids: list[Uid], run: Sweep
) -> int:
    """Delete or move a batch, and tell the sessions after the commit."""
    fence = Fence(mailbox.mailbox_id, JOB, run.lease, f"{folder_id}:{uids[-1]}")
    shard = shard_of(core, mailbox)
    if action == "delete":
        expunge = Expunge(
            mailbox_id=mailbox.mailbox_id,
            folder_id=folder_id,
            uids=tuple(uids),
            deleted_only=False,
            actor=str(ACTOR),
            limit=BATCH,
            now=now(core),
        )

        def expunged(done: Expunged) -> None:
            announce(core, ACTOR, mailbox, "expunged", done.modseq, (folder_id,), done.uids)

        return _counted(
            action, len((await shard.write(retaining.expunge, FencedExpunge(fence, expunge), expunged)).uids)
        )
    trash = await _trash(core, mailbox)
    transfer = Transfer(
        mailbox_id=mailbox.mailbox_id,
        source=folder_id,
        uids=tuple(uids),
        target=trash.folder_id,
        actor=str(ACTOR),
        limit=BATCH,
        now=now(core),
    )

    def moved(done: Copied) -> None:
        announce(core, ACTOR, mailbox, "moved", done.modseq, (folder_id, trash.folder_id), done.target_uids)

    return _counted(action, len((await shard.write(retaining.move, FencedMove(fence, transfer), moved)).source_uids))


def _counted(action: Action, messages_taken: int) -> int:
    counting.retention(action, messages_taken)
    return messages_taken


async def _trash(core: Core, mailbox: MailboxRef) -> Folder:
    """The folder with the role, made when the owner deleted it. A folder of that name without the role is taken as well."""
    try:
        return await folders.get_by_role(core, mailbox, Role.TRASH)
    except NotFound:
        pass
    try:
        return await folders.create(core, ACTOR, mailbox, "Trash", Role.TRASH)
    except AlreadyExists:
        return await folders.get(core, mailbox, "Trash")
