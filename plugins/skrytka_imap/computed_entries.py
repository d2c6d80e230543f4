"""Entries of metadata that are not kept as such, but say what is known otherwise."""

from __future__ import annotations

from skrytka.plugin_api import model
from skrytka_imap.settings import Settings
from skrytka_imap.special_uses import ROLES, SPECIAL_USES

SPECIAL_USE = "/private/specialuse"
"""RFC 6154 section 4: what a folder is for. Setting it changes that."""

ADMIN = "/shared/admin"
"""RFC 5464 section 3.2.1.1: a URI of the one who runs the server. Nobody sets it over IMAP."""


def computed(settings: Settings, folder: model.Folder | None) -> dict[str, bytes]:
    """Those of a folder, or of the server; what has no value is left out."""
    if folder is None:
        return {ADMIN: settings.admin_uri.encode()} if settings.admin_uri else {}
    use = SPECIAL_USES.get(folder.role) if folder.role is not None else None
    return {SPECIAL_USE: use.encode()} if use is not None else {}


def role_of(value: bytes | None) -> model.Role | None:
    """The role that a value of ``SPECIAL_USE`` gives; ValueError for none that a folder can have here."""
    uses = (value or b"").decode("latin-1").lower().split()
    if not uses:
        return None
    if len(uses) > 1 or uses[0] not in ROLES:
        raise ValueError
    return ROLES[uses[0]]
