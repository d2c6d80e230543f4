"""GETQUOTA, GETQUOTAROOT and SETQUOTA."""

from __future__ import annotations

from skrytka.plugin_api import errors, model, quota
from skrytka_imap import access, others, responses
from skrytka_imap.commands import GetQuota, GetQuotaRoot, SetQuota
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

ROOT = ""
"""The one quota root: all folders of a mailbox share its quota, those that are not made yet too (RFC 9208 section 4.1.2)."""

RESOURCES = frozenset({"STORAGE", "MESSAGE", "MAILBOX"})

UNIT_OCTETS = 1_024

LARGEST = 2**62
"""More is as good as no limit, and no limit is more (RFC 9208 section 3.2: a limit may be rounded)."""


async def get_quota(session: Session, command: GetQuota) -> Reply:
    """RFC 9208 section 4.1.1."""
    if command.root != ROOT:
        return no("There is no such quota root", b"NONEXISTENT")
    session.wire.write(responses.quota_line(ROOT, await _resources(session)))
    return ok("That is the quota")


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Reply:
    """RFC 9208 section 4.1.2. What others may store is not told: their folders have no root."""
    if others.parse(session.settings.prefixes, command.name) is not None:
        place = await access.find(session, command.name, "r")
        session.wire.write(responses.quota_root_line(place.folder.name, [], utf8=session.utf8_names))
        return ok("That is the quota")
    resources = await _resources(session)
    session.wire.write(responses.quota_root_line(command.name, [ROOT], utf8=session.utf8_names))
    session.wire.write(responses.quota_line(ROOT, resources))
    return ok("That is the quota")


async def set_quota(session: Session, command: SetQuota) -> Reply:
    """RFC 9208 section 4.1.3: where the setting ``setquota`` lets users, they limit themselves below what the provider allows.

    Limits that are not named are the provider's again.
    """
    if command.root != ROOT:
        return no("There is no such quota root", b"NONEXISTENT")
    if not session.settings.setquota:
        return no("Quotas are set by the provider", b"NOPERM")
    limits = dict(command.limits)
    if unknown := limits.keys() - RESOURCES:
        return no(f"There is no resource {min(unknown)[:40]} to limit", b"CANNOT")
    storage = limits.get("STORAGE")
    own = model.OwnLimits(
        None if storage is None else min(storage * UNIT_OCTETS, LARGEST),
        _at_most(limits.get("MESSAGE")),
        _at_most(limits.get("MAILBOX")),
    )
    try:
        await quota.set_own(session.core, session.actor, session.mailbox, own)
    except errors.NotPermitted as error:
        return no(str(error), b"NOPERM")
    session.wire.write(responses.quota_line(ROOT, await _resources(session)))
    return ok("The quota is set")


def _at_most(limit: int | None) -> int | None:
    return None if limit is None else min(limit, LARGEST)


async def _resources(session: Session) -> list[tuple[str, int, int]]:
    """What is limited, with its use. STORAGE counts in KiB: use is rounded up, the limit down."""
    provider, own, usage = await quota.limits(session.core, session.mailbox)
    resources = []
    if (octets := _lesser(provider.storage_octets, own.storage_octets)) is not None:
        used = -(-usage.storage_octets // UNIT_OCTETS)
        resources.append(("STORAGE", used, octets // UNIT_OCTETS))
    if (messages := _lesser(provider.messages, own.messages)) is not None:
        resources.append(("MESSAGE", usage.messages, messages))
    folders = session.core.settings.limits.folders
    resources.append(("MAILBOX", usage.folders, folders if own.folders is None else min(own.folders, folders)))
    return resources


def _lesser(provider: int | None, own: int | None) -> int | None:
    limits = [limit for limit in (provider, own) if limit is not None]
    return min(limits, default=None)
