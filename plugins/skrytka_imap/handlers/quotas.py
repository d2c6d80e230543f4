"""GETQUOTA, GETQUOTAROOT and SETQUOTA."""

from __future__ import annotations

from skrytka.plugin_api import quota
from skrytka_imap import responses
from skrytka_imap.commands import GetQuota, GetQuotaRoot, SetQuota
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

ROOT = ""
"""The one quota root: all folders of a mailbox share its quota, those that are not made yet too (RFC 9208 section 4.1.2)."""

UNIT_OCTETS = 1_024


async def get_quota(session: Session, command: GetQuota) -> Reply:
    """RFC 9208 section 4.1.1."""
    if command.root != ROOT:
        return no("There is no such quota root", b"NONEXISTENT")
    session.wire.write(responses.quota_line(ROOT, await _resources(session)))
    return ok("That is the quota")


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Reply:
    """RFC 9208 section 4.1.2."""
    resources = await _resources(session)
    session.wire.write(responses.quota_root_line(command.name, [ROOT], utf8=session.utf8_names))
    session.wire.write(responses.quota_line(ROOT, resources))
    return ok("That is the quota")


async def set_quota(session: Session, command: SetQuota) -> Reply:
    """RFC 9208 section 4.1.3: the provider sets quotas, over REST."""
    return no("Quotas are set by the provider", b"NOPERM")


async def _resources(session: Session) -> list[tuple[str, int, int]]:
    """What is limited, with its use. STORAGE counts in KiB: use is rounded up, the limit down."""
    limits, usage = await quota.get(session.core, session.mailbox)
    resources = []
    if limits.storage_octets is not None:
        used = -(-usage.storage_octets // UNIT_OCTETS)
        resources.append(("STORAGE", used, limits.storage_octets // UNIT_OCTETS))
    if limits.messages is not None:
        resources.append(("MESSAGE", usage.messages, limits.messages))
    resources.append(("MAILBOX", usage.folders, session.core.settings.limits.folders))
    return resources
