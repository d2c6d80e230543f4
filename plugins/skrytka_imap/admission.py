"""Whether a session that is open may go on: the provider may have suspended or deleted its mailbox since the login."""

from __future__ import annotations

from skrytka.plugin_api import errors
from skrytka_imap import access
from skrytka_imap.error_replies import code_of
from skrytka_imap.session import Session
from skrytka_imap.wire import Over


async def confirm(session: Session) -> None:
    """End the conversation of a mailbox that is shut, with a BYE (RFC 3501 section 7.1.5) that carries a code of RFC 5530.

    A directory that does not answer now shuts nobody out.
    """
    try:
        await session.admission.confirm()
    except errors.Unavailable:
        pass
    except (errors.Suspended, errors.NotFound) as error:
        raise Over(str(error), code_of(error)) from None
    if session.guard is not None:
        await access.confirm(session)
