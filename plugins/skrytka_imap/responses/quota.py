"""QUOTA and QUOTAROOT (RFC 9208 section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka_imap.responses.strings import folder_name, string


def quota_line(root: str, resources: Sequence[tuple[str, int, int]]) -> bytes:
    """RFC 9208 section 4.2.1; ``resources`` are (name, usage, limit), STORAGE in units of 1024 octets (section 5.1).

    quota-list     = "(" quota-resource *(SP quota-resource) ")"
    quota-resource = resource-name SP resource-usage SP resource-limit
    """
    listed = " ".join([f"{name} {usage} {limit}" for name, usage, limit in resources])
    return b"* QUOTA %b (%b)\r\n" % (string(root.encode()), listed.encode())


def quota_root_line(folder: str, roots: Sequence[str], *, utf8: bool = False) -> bytes:
    """RFC 9208 section 4.2.2: quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)"""
    names = [folder_name(folder, utf8=utf8), *(string(root.encode()) for root in roots)]
    return b"* QUOTAROOT %b\r\n" % b" ".join(names)
