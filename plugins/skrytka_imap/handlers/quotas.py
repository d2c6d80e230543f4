"""GETQUOTA, GETQUOTAROOT and SETQUOTA."""

from __future__ import annotations

from skrytka.plugin_api import quota
from skrytka_imap import access, responses
from skrytka_imap.commands import GetQuota, GetQuotaRoot, SetQuota
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session

ROOT = ""
"""The one quota root: all folders of a mailbox share its quota. A mailbox without limits has none."""

UNIT_OCTETS = 1_024


async def get_quota(session: Session, command: GetQuota) -> Reply:
    """RFC 9208 section 4.1.2."""
    resources = await _resources(session)
    if command.root != ROOT or not resources:
        return no("There is no such quota root", b"NONEXISTENT")
    session.wire.write(responses.quota_line(ROOT, resources))
    return ok("That is the quota")


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Reply:
    """RFC 9208 section 4.1.3. What others may store is not told: their folders have no root."""
    place = await access.find(session, command.name, "r")
    own = place.mailbox.mailbox_id == session.mailbox.mailbox_id
    resources = await _resources(session) if own else []
    session.wire.write(responses.quota_root_line(place.folder.name, [ROOT] if resources else [], utf8=session.utf8))
    if resources:
        session.wire.write(responses.quota_line(ROOT, resources))
    return ok("That is the quota")


async def set_quota(session: Session, command: SetQuota) -> Reply:
    """RFC 9208 section 4.1.1: the provider sets quotas, over REST."""
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
    return resources
