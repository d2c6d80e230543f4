"""Mailboxes: created, changed and deleted in the directory first, then on their shard.

Every step on the shard is idempotent and its need is recorded in the directory, so ``complete`` (called here at once and by a job
after a crash) brings both together. The shard's copy of limits and status is versioned: an older one never wins.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import msgspec
from msgspec import UNSET, UnsetType

from skrytka.core import Core
from skrytka.errors import Fault, NotFound, Unavailable
from skrytka.model import (
    UNCONDITIONAL,
    Actor,
    Mailbox,
    MailboxRef,
    Namespace,
    Precondition,
    Quota,
    Seen,
    State,
    Status,
    Usage,
)
from skrytka.services import addresses, hashing, verifiers
from skrytka.services.faults import faults_of, refuse
from skrytka.services.publishing import wake
from skrytka.services.shards import shard_of
from skrytka.services.verifiers import Costs
from skrytka.store.interface import Duplicate
from skrytka.store.operations import directory_mailboxes, sequences, shard_mailboxes
from skrytka.store.operations.credentials import Verifiers
from skrytka.store.operations.directory_mailboxes import MailboxDelete, MailboxPage, MailboxWrite, Settled
from skrytka.store.operations.shard_mailboxes import NewShardMailbox, ShardConfig

log = logging.getLogger(__name__)

DISPLAY_NAME_LENGTH = 256
QUOTA_MAXIMUM = 2**62
RACING_UID_VALIDITIES = 32
"""Folders that can be made between a look at the shard and the removal of the mailbox there, a moment later.

Each deletion uses up as many for the whole deployment, and there are 2^32.
"""

UNKNOWN_UID_VALIDITIES = 1_000_000
"""How far the numbers of a mailbox may have run ahead of the clock when its shard cannot be asked."""

DELETION_BATCHES = 3
"""What a request deletes by itself; a larger mailbox goes on in the background."""


class QuotaChange(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET keeps, None resets to the default of the settings (unlimited unless they say otherwise)."""

    storage_octets: int | UnsetType | None = UNSET
    messages: int | UnsetType | None = UNSET


class MailboxChange(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET keeps (at creation: the default), None resets to the default. ``password`` None takes the login away."""

    password: str | UnsetType | None = UNSET
    display_name: str | UnsetType | None = UNSET
    quota: QuotaChange | UnsetType | None = UNSET
    status: Status | UnsetType | None = UNSET
    namespace: Namespace | UnsetType | None = UNSET
    seen: Seen | UnsetType | None = UNSET


async def put(
    core: Core, actor: Actor, address: str, change: MailboxChange, only_if: Precondition = UNCONDITIONAL
) -> tuple[Mailbox, bool]:
    """Create (True) or change the mailbox; may be repeated. On return its shard knows."""
    refuse((*faults_of(addresses.normalise_address, address), *faults(change)))
    normalised = addresses.normalise_address(address)
    write = _write(core, normalised, change, await _verifiers(core, change.password), only_if)
    try:
        written = await core.directory.write(directory_mailboxes.put, write)
    except Duplicate:
        # Created by another request since this one looked: change that one.
        written = await core.directory.write(directory_mailboxes.put, write)
    mailbox = written.mailbox
    if written.pending:
        await complete(core, mailbox)
        mailbox = msgspec.structs.replace(mailbox, state=State.ACTIVE)
    told = (change.namespace, change.seen)
    if change.status is Status.SUSPENDED or any(not isinstance(each, UnsetType) for each in told):
        tell_sessions(core, mailbox.ref)
    return mailbox, written.created


def tell_sessions(core: Core, mailbox: MailboxRef) -> None:
    """Wake the sessions that wait in any process: they look whether they may go on."""
    wake(core, mailbox.mailbox_id)


def faults(change: MailboxChange) -> Iterator[Fault]:
    """What can never be right in it."""
    if isinstance(change.password, str):
        yield from faults_of(verifiers.prepare, change.password)
    if isinstance(change.display_name, str):
        if len(change.display_name) > DISPLAY_NAME_LENGTH:
            yield Fault("display_name", f"must have at most {DISPLAY_NAME_LENGTH} characters")
        if not change.display_name.isprintable():
            yield Fault("display_name", "has a control character")
    if isinstance(change.quota, QuotaChange):
        for name in ("storage_octets", "messages"):
            limit = getattr(change.quota, name)
            if isinstance(limit, int) and not 0 <= limit <= QUOTA_MAXIMUM:
                yield Fault(f"quota.{name}", f"must be from 0 to {QUOTA_MAXIMUM}")


async def _verifiers(core: Core, password: str | UnsetType | None) -> Verifiers | UnsetType | None:
    if password is None or isinstance(password, UnsetType):
        return password
    prepared = verifiers.prepare(password)
    return await hashing.run(core, verifiers.make, prepared, Costs.of(core.settings.auth))


def _write(
    core: Core,
    address: str,
    change: MailboxChange,
    new_verifiers: Verifiers | UnsetType | None,
    only_if: Precondition,
) -> MailboxWrite:
    limits = core.settings.limits
    default = Quota(limits.default_quota_octets, limits.default_quota_messages)
    quota = QuotaChange(storage_octets=None, messages=None) if change.quota is None else change.quota
    if isinstance(quota, UnsetType):
        quota = QuotaChange()
    return MailboxWrite(
        address=address,
        domain=addresses.domain_of(address),
        display_name="" if change.display_name is None else change.display_name,
        status=Status.ACTIVE if change.status is None else change.status,
        namespace=Namespace.OTHERS if change.namespace is None else change.namespace,
        quota_octets=default.storage_octets if quota.storage_octets is None else quota.storage_octets,
        quota_messages=default.messages if quota.messages is None else quota.messages,
        seen=Seen.SHARED if change.seen is None else change.seen,
        verifiers=new_verifiers,
        default_quota=default,
        shards=tuple(core.shards),
        only_if=only_if,
        now=int(core.now()),
    )


async def get(core: Core, address: str) -> Mailbox:
    """By its own address, not by an alias."""
    normalised = addresses.normalise_address(address)
    found = await core.directory.read(directory_mailboxes.get, normalised)
    if found is None:
        raise NotFound("mailbox", normalised)
    return found


async def list_page(core: Core, domain: str | None, after: str, limit: int) -> list[Mailbox]:
    """By address."""
    name = None if domain is None else addresses.normalise_domain(domain)
    return await core.directory.read(directory_mailboxes.page, MailboxPage(name, after, limit))


async def usage(core: Core, mailbox: MailboxRef) -> Usage:
    """What the mailbox holds; nothing where the shard does not have it yet, or no longer."""
    try:
        _, used = await shard_of(core, mailbox).read(shard_mailboxes.usage, mailbox.mailbox_id)
    except NotFound:
        return Usage()
    return used


async def delete(core: Core, actor: Actor, address: str, only_if: Precondition = UNCONDITIONAL) -> None:
    """Delete the mailbox with its aliases and mail. At once nobody sees it or logs in and its address is free."""
    normalised = addresses.normalise_address(address)
    ref = (await get(core, normalised)).ref
    doomed = MailboxDelete(ref.mailbox_id, normalised, only_if, await _uid_validity_mark(core, ref))
    mailbox = await core.directory.write(directory_mailboxes.begin_deletion, doomed)
    try:
        await complete(core, mailbox, batches=DELETION_BATCHES)
    except Unavailable as error:
        # Deleted all the same: the background work removes the rows once the shard answers.
        log.warning("the mail of mailbox %s goes later: %s", mailbox.ref.mailbox_id, error)
    tell_sessions(core, mailbox.ref)


async def _uid_validity_mark(core: Core, mailbox: MailboxRef) -> int:
    """Above every UIDVALIDITY of a mailbox that is about to go, with room for folders that are made meanwhile.

    A mailbox made anew under its address starts there or later: RFC 3501 section 2.3.1.1 asks for it, and POP3 clients
    would take a new mail for an old one, because the UIDL has the UIDVALIDITY in it.
    """
    try:
        used = await shard_of(core, mailbox).read(shard_mailboxes.next_uid_validity, mailbox.mailbox_id)
    except Unavailable:
        used = int(core.now()) + UNKNOWN_UID_VALIDITIES
    return used + RACING_UID_VALIDITIES


async def complete(core: Core, mailbox: Mailbox, batches: int | None = None) -> bool:
    """Do on the shard what the directory's row asks for; False when ``batches`` were not enough to delete all."""
    match mailbox.state:
        case State.DELETING:
            return await _finish_deletion(core, mailbox.ref, batches)
        case State.CREATING:
            await create_on_shard(core, mailbox)
        case _:
            config = ShardConfig(mailbox.ref.mailbox_id, mailbox.quota, mailbox.status, mailbox.version, mailbox.seen)
            await shard_of(core, mailbox.ref).write(shard_mailboxes.configure_mailbox, config)
    alive = await core.directory.write(directory_mailboxes.settle, Settled(mailbox.ref.mailbox_id, mailbox.version))
    if not alive:
        # Deleted while it was being made: what was made too late goes as well.
        return await _finish_deletion(core, mailbox.ref, batches)
    return True


async def create_on_shard(core: Core, mailbox: Mailbox) -> None:
    now = int(core.now())
    mark = await core.directory.read(sequences.current, directory_mailboxes.UID_VALIDITY_MARK)
    new = NewShardMailbox(
        mailbox.ref.mailbox_id,
        mailbox.quota,
        mailbox.status,
        mailbox.version,
        now,
        uid_validity=max(now, mark),
        seen=mailbox.seen,
    )
    await shard_of(core, mailbox.ref).write(shard_mailboxes.create_mailbox, new)


async def delete_from_shard(core: Core, mailbox: MailboxRef, batches: int | None) -> bool:
    """In bounded transactions; False when rows are left."""
    shard = shard_of(core, mailbox)
    done = 0
    while await shard.write(shard_mailboxes.delete_some, mailbox.mailbox_id):
        done += 1
        if done == batches:
            return False
    return True


async def _finish_deletion(core: Core, mailbox: MailboxRef, batches: int | None) -> bool:
    if not await delete_from_shard(core, mailbox, batches):
        return False
    await core.directory.write(directory_mailboxes.finish_deletion, mailbox.mailbox_id)
    return True
