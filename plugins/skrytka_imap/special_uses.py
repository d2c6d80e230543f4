"""The attributes that say what a folder is for."""

from __future__ import annotations

from skrytka.plugin_api import model

SPECIAL_USES = {
    model.Role.SENT: "\\Sent",
    model.Role.DRAFTS: "\\Drafts",
    model.Role.TRASH: "\\Trash",
    model.Role.JUNK: "\\Junk",
    model.Role.ARCHIVE: "\\Archive",
}
"""RFC 6154 section 2. INBOX has a role, but no attribute; there are no folders that are views of others, as \\All is."""

ROLES = {attribute.lower(): role for role, attribute in SPECIAL_USES.items()}
