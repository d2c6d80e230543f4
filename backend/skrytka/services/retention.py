"""Retention policies: what is deleted or moved to Trash some days after it was saved in its folder.

"Saved" is when the message came into that folder: moving it to Trash starts its days anew there. Where a deleting and a trashing
policy both match, deletion comes first. A policy may name a mailbox or domain that does not exist yet. ``retention_sweep``
applies them.
"""

from __future__ import annotations

import re

import msgspec

from skrytka.core import Core
from skrytka.errors import Invalid, NotFound
from skrytka.model import Actor, Folder, Mailbox, RetentionPolicy, Role
from skrytka.services import addresses
from skrytka.store.interface import Duplicate
from skrytka.store.operations import retention_policies
from skrytka.store.operations.retention_policies import PolicyDelete, PolicyPage, PolicyWrite

DAYS_MAXIMUM = 36_500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


async def put(
    core: Core, actor: Actor, policy: RetentionPolicy, if_match: int | None = None
) -> tuple[RetentionPolicy, bool]:
    """Create (True) or replace the policy of that name. Its version and time of creation are the store's."""
    normalised = msgspec.structs.replace(_normalise(policy), created_at=int(core.now()))
    write = PolicyWrite(normalised, if_match)
    try:
        return await core.directory.write(retention_policies.put, write)
    except Duplicate:
        # Created by another request since this one looked: replace that one.
        return await core.directory.write(retention_policies.put, write)


def _normalise(policy: RetentionPolicy) -> RetentionPolicy:
    if not _NAME.fullmatch(policy.name):
        raise Invalid("name", "must be letters, digits, dots, dashes and underscores, at most 128")
    if policy.action not in ("delete", "trash"):
        raise Invalid("action", "must be delete or trash")
    if not 1 <= policy.days <= DAYS_MAXIMUM:
        raise Invalid("days", f"must be from 1 to {DAYS_MAXIMUM}")
    if policy.domain is not None and policy.mailbox is not None:
        raise Invalid("mailbox", "cannot stand beside domain")
    if policy.role is not None and policy.folder is not None:
        raise Invalid("folder", "cannot stand beside role")
    if policy.action == "trash" and policy.role is Role.TRASH:
        raise Invalid("role", "what is in Trash cannot be moved to Trash")
    if policy.folder is not None and not policy.folder.strip("/"):
        raise Invalid("folder", "is empty")
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
