"""``skrytka check``: do the counters say what is there, and does everything that is named exist? With repair, mend what can be.

Mailboxes are checked one by one while the service runs. What cannot be mended without losing mail is only reported: messages
whose content or folder is gone, octets that are lost or damaged (the latter are found by a deep check, which reads every
octet), and a shard's mailbox that the directory does not know but that holds mail.
"""

from __future__ import annotations

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import Mailbox, MailboxId, MailboxRef, State
from skrytka.services import mailboxes
from skrytka.services.acl import grant_of
from skrytka.services.checking_rows import check_rows
from skrytka.services.findings import Depth, Finding
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import acl, aliases, consistency, directory_mailboxes, domains, grants, shard_mailboxes
from skrytka.store.operations.consistency import MarksOf
from skrytka.store.operations.directory_mailboxes import MailboxScan
from skrytka.store.operations.grants import Noted
from skrytka.store.operations.shard_mailboxes import MailboxPage, Reconfigure, ShardConfig

__all__ = ["Finding", "check"]

PAGE = 500


async def check(core: Core, repair: bool, deep: bool = False) -> list[Finding]:
    """Everything that is wrong, mended where that is possible and asked for."""
    found = await _check_addresses(core, repair)
    blobs = frozenset([key async for key, _ in core.blobs.keys()])  # noqa: SIM118 - not a dict
    depth = Depth(repair, deep, blobs)
    after_id = 0
    while page := await core.directory.read(directory_mailboxes.scan, MailboxScan(after_id, PAGE)):
        for mailbox in page:
            if mailbox.state is State.ACTIVE:
                found += await _check_mailbox(core, mailbox, depth)
            else:
                found += await _check_half_done(core, mailbox, repair)
        after_id = page[-1].ref.mailbox_id
    for shard in core.shards:
        found += await _check_orphans(core, shard, repair)
    return found


async def _check_addresses(core: Core, repair: bool) -> list[Finding]:
    dangling = await core.directory.write(aliases.drop_dangling, repair)
    wrong = await core.directory.write(domains.recount, repair)
    return [
        *(Finding("alias without mailbox", alias, "its mailbox is not there", repair) for alias in dangling),
        *(
            Finding("domain addresses", name, f"counted as {counted}, really {real}", repair)
            for name, counted, real in wrong
        ),
    ]


async def _check_half_done(core: Core, mailbox: Mailbox, repair: bool) -> list[Finding]:
    """Being made or deleted, but the background work has not been asked to come to an end with it."""
    settled = await core.directory.read(directory_mailboxes.get_settled, mailbox.ref.mailbox_id)
    if settled is None or settled.state is State.ACTIVE:
        return []
    if repair:
        await mailboxes.complete(core, settled)
    where = f"{settled.ref.shard}:{settled.ref.mailbox_id}"
    return [Finding("mailbox half done", where, settled.state.value, repair)]


async def _check_mailbox(core: Core, mailbox: Mailbox, depth: Depth) -> list[Finding]:
    shard = shard_of(core, mailbox.ref)
    found: list[Finding] = []
    if not await shard.read(consistency.exists, mailbox.ref.mailbox_id):
        if await _gone(core, mailbox):
            return []
        found.append(Finding("mailbox not on its shard", mailbox.ref.address, mailbox.ref.shard, depth.repair))
        if not depth.repair:
            return found
        await mailboxes.create_on_shard(core, mailbox)
    try:
        found += await _check_limits(core, mailbox.ref, depth.repair)
        found += await _check_grants(core, mailbox.ref, depth.repair)
        found += await _check_readers(core, mailbox.ref, depth.repair)
        return found + await check_rows(core, mailbox.ref, depth)
    except NotFound:
        return found  # deleted meanwhile


async def _gone(core: Core, mailbox: Mailbox) -> bool:
    now = await core.directory.read(directory_mailboxes.get_by_id, mailbox.ref.mailbox_id)
    return now is None or now.state is not State.ACTIVE


async def _check_grants(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    """Whom its folders grant rights to has to find them by the directory's index, which is written first."""
    granted = await shard_of(core, mailbox).read(acl.grantees, mailbox.mailbox_id)
    missing = granted - await core.directory.read(grants.of_mailbox, mailbox.mailbox_id)
    lost = [grantee_id for grantee_id in sorted(missing) if await _is_anybody(core, grantee_id)]
    if lost and repair:
        noted = tuple(grant_of(mailbox, grantee_id) for grantee_id in lost)
        await core.directory.write(grants.note, Noted(noted, now(core)))
    whom = [f"to mailbox {grantee_id}" if grantee_id else "to anyone" for grantee_id in lost]
    return [Finding("grant not in the directory", mailbox.address, one, repair) for one in whom]


async def _check_readers(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    """What somebody had seen whose mailbox was deleted since: nobody has his number again."""
    shard = shard_of(core, mailbox)
    gone = [
        reader
        for reader in await shard.read(consistency.readers, mailbox.mailbox_id)
        if not await _is_anybody(core, reader)
    ]
    for reader in gone if repair else ():
        marks = MarksOf(mailbox.mailbox_id, reader, PAGE)
        while await shard.write(consistency.drop_marks_of, marks) == PAGE:
            pass
    return [Finding("marks of nobody", mailbox.address, f"of mailbox {reader}", repair) for reader in gone]


async def _is_anybody(core: Core, grantee_id: int) -> bool:
    """Entries of mailboxes that were deleted stay in the lists, and name nobody."""
    if grantee_id == grants.ANYONE_ID:
        return True
    found = await core.directory.read(directory_mailboxes.get_by_id, MailboxId(grantee_id))
    return found is not None and found.state is not State.DELETING


async def _check_limits(core: Core, mailbox: MailboxRef, repair: bool) -> list[Finding]:
    """The shard's copy of limits and status; either side may be the newer one after a restore, and the directory is right."""
    settled = await core.directory.read(directory_mailboxes.get_settled, mailbox.mailbox_id)
    found = await shard_of(core, mailbox).read(shard_mailboxes.config, mailbox.mailbox_id)
    if settled is None or found is None:
        return []
    right = ShardConfig(mailbox.mailbox_id, settled.quota, settled.status, settled.version, settled.seen)
    if found == right or await core.directory.read(directory_mailboxes.get_settled, mailbox.mailbox_id) != settled:
        return []
    if repair:
        values = Reconfigure(right, found.config_version)
        await shard_of(core, mailbox).write(shard_mailboxes.reconfigure_mailbox, values)
    detail = f"version {found.config_version} on {mailbox.shard}, {right.config_version} in the directory"
    return [Finding("outdated limits", mailbox.address, detail, repair)]


async def _check_orphans(core: Core, shard: str, repair: bool) -> list[Finding]:
    """The directory's row comes before the shard's and goes after it, so a shard's mailbox without one is wrong."""
    found: list[Finding] = []
    after = 0
    while page := await core.shards[shard].read(shard_mailboxes.mailbox_ids, MailboxPage(after, PAGE)):
        for mailbox_id in page:
            known = await core.directory.read(directory_mailboxes.get_by_id, mailbox_id)
            if known is None or known.ref.shard != shard:
                found.append(await _orphan(core, shard, mailbox_id, repair))
        after = page[-1]
    return found


async def _orphan(core: Core, shard: str, mailbox_id: MailboxId, repair: bool) -> Finding:
    ref = MailboxRef(mailbox_id, shard, "")
    used = await mailboxes.usage(core, ref)
    mend = repair and used.messages == 0
    if mend:
        await mailboxes.delete_from_shard(core, ref, batches=None)
    detail = f"{used.messages} messages, {used.storage_octets} octets"
    return Finding("mailbox not in the directory", f"{shard}:{mailbox_id}", detail, mend)
