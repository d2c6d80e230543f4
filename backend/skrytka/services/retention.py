"""Retention policies: what is deleted or moved to Trash some days after it was saved in its folder.

"Saved" is when the message came into that folder: moving it to Trash starts its days anew there. Where a deleting and a trashing
policy both match, deletion comes first. A policy may name a mailbox or domain that does not exist yet. ``retention_sweep``
applies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from skrytka.core import Core
from skrytka.errors import Fault, NotFound
from skrytka.model import Actor, Folder, Mailbox, RetentionPolicy, Role
from skrytka.services import addresses
from skrytka.services.faults import faults_of, refuse
from skrytka.store.interface import Duplicate
from skrytka.store.operations import retention_policies
from skrytka.store.operations.retention_policies import PolicyDelete, PolicyPage, PolicyWrite

DAYS_MAXIMUM = 36_500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


async def put(
    core: Core, actor: Actor, policy: RetentionPolicy, if_match: int | None = None
) -> tuple[RetentionPolicy, bool]:
    """Create (True) or replace the policy of that name. Its version and time of creation are the store's."""
    refuse(faults(policy))
    normalised = msgspec.structs.replace(_normalise(policy), created_at=int(core.now()))
    write = PolicyWrite(normalised, if_match)
    try:
        return await core.directory.write(retention_policies.put, write)
    except Duplicate:
        # Created by another request since this one looked: replace that one.
        return await core.directory.write(retention_policies.put, write)


def faults(policy: RetentionPolicy) -> Iterator[Fault]:
    """What can never be right in it."""
    if not _NAME.fullmatch(policy.name):
        yield Fault("name", "must be letters, digits, dots, dashes and underscores, at most 128")
    if policy.action not in ("delete", "trash"):
        yield Fault("action", "must be delete or trash")
    if not 1 <= policy.days <= DAYS_MAXIMUM:
        yield Fault("days", f"must be from 1 to {DAYS_MAXIMUM}")
    yield from _scope_faults(policy)
    yield from _folder_faults(policy)


def _scope_faults(policy: RetentionPolicy) -> Iterator[Fault]:
    if policy.domain is not None:
        yield from faults_of(addresses.normalise_domain, policy.domain)
    if policy.mailbox is not None:
        yield from faults_of(addresses.normalise_address, policy.mailbox, "mailbox")
        if policy.domain is not None:
            yield Fault("mailbox", "cannot stand beside domain")


def _folder_faults(policy: RetentionPolicy) -> Iterator[Fault]:
    if policy.action == "trash" and policy.role is Role.TRASH:
        yield Fault("role", "what is in Trash cannot be moved to Trash")
    if policy.folder is not None:
        if not policy.folder.strip("/"):
            yield Fault("folder", "is empty")
        if policy.role is not None:
            yield Fault("folder", "cannot stand beside role")


def _normalise(policy: RetentionPolicy) -> RetentionPolicy:
    return msgspec.structs.replace(
        policy,
        domain=policy.domain and addresses.normalise_domain(policy.domain),
        mailbox=policy.mailbox and addresses.normalise_address(policy.mailbox, "mailbox"),
        folder="INBOX" if policy.folder and policy.folder.upper() == "INBOX" else policy.folder,
    )


async def get(core: Core, name: str) -> RetentionPolicy:
    found = await core.directory.read(retention_policies.get, name)
    if found is None:
        raise NotFound("retention policy", name)
    return found


async def delete(core: Core, actor: Actor, name: str, if_match: int | None = None) -> None:
    await core.directory.write(retention_policies.delete, PolicyDelete(name, if_match))


async def list_page(core: Core, after: str, limit: int) -> list[RetentionPolicy]:
    """By name."""
    return await core.directory.read(retention_policies.page, PolicyPage(after, limit))


async def list_enabled(core: Core) -> list[RetentionPolicy]:
    return await core.directory.read(retention_policies.enabled, None)


def matches_mailbox(policy: RetentionPolicy, mailbox: Mailbox) -> bool:
    if policy.mailbox is not None:
        return policy.mailbox == mailbox.ref.address
    return policy.domain is None or policy.domain == mailbox.domain


def matches_folder(policy: RetentionPolicy, folder: Folder) -> bool:
    """What is in Trash is never moved to Trash, also where a policy names every folder."""
    if policy.action == "trash" and folder.role is Role.TRASH:
        return False
    if policy.role is not None:
        return policy.role is folder.role
    return policy.folder is None or policy.folder == folder.name
