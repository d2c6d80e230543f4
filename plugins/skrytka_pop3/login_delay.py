"""LOGIN-DELAY (RFC 2449 section 6.5): the least time between two logins to a mailbox, counted by each worker for
itself."""

from __future__ import annotations

from skrytka.plugin_api import Core, model


class _Logins(dict[model.MailboxId, float]):
    """When each mailbox was last logged in to, oldest first."""


def may_login(core: Core, mailbox: model.MailboxRef, delay_s: int) -> bool:
    """True, and remembered, unless a login was less than ``delay_s`` ago. What is older is forgotten, oldest first."""
    if not delay_s:
        return True
    logins = core.state(_Logins)
    now = core.now()
    while logins and now - logins[oldest := next(iter(logins))] >= delay_s:
        del logins[oldest]
    if mailbox.mailbox_id in logins:
        return False
    logins[mailbox.mailbox_id] = now
    return True
