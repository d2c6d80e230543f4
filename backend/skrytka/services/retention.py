"""Retention policies: what is deleted or moved to Trash some days after it was saved in its folder.

"Saved" is when the message came into that folder: moving it to Trash starts its days anew there. Where a deleting and a trashing
policy both match, deletion comes first. A policy may name a mailbox or domain that does not exist yet. ``retention_sweep``
applies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from skrytka.core import Core
from skrytka.errors import Conflict, Fault, NotFound
from skrytka.model import UNCONDITIONAL, Actor, Folder, Mailbox, Precondition, RetentionPolicy, Role
from skrytka.services import addresses, folder_names
from skrytka.services.faults import faults_of, refuse
from skrytka.store.interface import Duplicate
from skrytka.store.operations import retention_policies
from skrytka.store.operations.domains import check_version
from skrytka.store.operations.retention_policies import PolicyDelete, PolicyPage, PolicyWrite

DAYS_MAXIMUM = 36_500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TRIES = 5


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET keeps, None resets to the default. At creation ``action`` and ``days`` have none."""

    action: Literal["delete", "trash"] | UnsetType = UNSET
    days: int | UnsetType = UNSET
    domain: str | UnsetType | None = UNSET
    mailbox: str | UnsetType | None = UNSET
    role: Role | UnsetType | None = UNSET
    folder: str | UnsetType | None = UNSET
    enabled: bool | UnsetType | None = UNSET


async def change(
    core: Core, actor: Actor, name: str, asked: PolicyChange, only_if: Precondition = UNCONDITIONAL
) -> tuple[RetentionPolicy, bool]:
    """Create (True) or change the policy. What is kept is what is there at the commit: its version is checked there."""
    for _ in range(_TRIES):
        current = await core.directory.read(retention_policies.get, name) if _NAME.fullmatch(name) else None
        check_version(current.version if current else None, only_if, "retention policy")
        if current is None:
            refuse(_missing(asked))
        known = Precondition(exists=False) if current is None else Precondition(some_of=(current.version,))
        try:
            return await put(core, actor, changed(current or BLANK, name, asked), known)
        except Conflict:
            continue  # changed by another request since it was read
    raise Conflict("The retention policy is being changed by others all the time")


BLANK = RetentionPolicy("blank", "delete", 1)


def changed(policy: RetentionPolicy, name: str, asked: PolicyChange) -> RetentionPolicy:
    given = {field: value for field, value in msgspec.structs.asdict(asked).items() if value is not UNSET}
    if "enabled" in given and given["enabled"] is None:
        given["enabled"] = BLANK.enabled
    return msgspec.structs.replace(policy, name=name, **given)


def _missing(asked: PolicyChange) -> Iterator[Fault]:
    yield from (Fault(field, "is required") for field in ("action", "days") if getattr(asked, field) is UNSET)


async def put(
    core: Core, actor: Actor, policy: RetentionPolicy, only_if: Precondition = UNCONDITIONAL
) -> tuple[RetentionPolicy, bool]:
    """Create (True) or replace the policy of that name. Its version and time of creation are the store's."""
    refuse(faults(policy))
    normalised = msgspec.structs.replace(_normalise(policy), created_at=int(core.now()))
    write = PolicyWrite(normalised, only_if)
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
        if folder_names.has_control_characters(policy.folder):
            yield Fault("folder", "must not contain control characters")
        if policy.role is not None:
            yield Fault("folder", "cannot stand beside role")


def _normalise(policy: RetentionPolicy) -> RetentionPolicy:
    return msgspec.structs.replace(
        policy,
        domain=policy.domain and addresses.normalise_domain(policy.domain),
        mailbox=policy.mailbox and addresses.normalise_address(policy.mailbox, "mailbox"),
        folder=policy.folder and folder_names.canonical(policy.folder),
    )


async def get(core: Core, name: str) -> RetentionPolicy:
    found = await core.directory.read(retention_policies.get, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise NotFound("retention policy", name)
    return found


async def delete(core: Core, actor: Actor, name: str, only_if: Precondition = UNCONDITIONAL) -> None:
    if not _NAME.fullmatch(name):
        raise NotFound("retention policy", name)
    await core.directory.write(retention_policies.delete, PolicyDelete(name, only_if))


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
