"""The messages that APPEND and REPLACE bring."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import model
from skrytka_imap.commands import AppendMessage, Catenate
from skrytka_imap.handlers.catenating import BadUrl, catenated
from skrytka_imap.message_limit import code_of
from skrytka_imap.replies import Reply, no
from skrytka_imap.session import Session


async def new_mails(
    session: Session, brought: Sequence[AppendMessage], may: model.Settable
) -> list[model.NewMessage] | Reply:
    """What is to be stored, with the flags that the session may set there (RFC 4314 section 4), or why nothing is.

    Nothing is no message: a client that gives up while it streams says so, and takes back all (RFC 3502 section 6.3.11).
    """
    if refusal := _too_many(session, brought):
        return refusal
    mails: list[model.NewMessage] = []
    left = max(session.settings.append_octets, session.core.settings.limits.message_octets)
    for message in brought:
        try:
            octets = await catenated(session, message.data) if isinstance(message.data, Catenate) else message.data
        except BadUrl as bad:
            return no("There is no such message or part", bad.code)
        left -= len(octets)
        if not octets:
            return no("There is no message to store")
        if left < 0:
            return no("The messages are too large together", b"LIMIT")
        keywords = message.keywords if may.keywords else ()
        mails.append(model.NewMessage(octets, message.flags & may.flags, keywords, message.internal_date))
    return mails


def _too_many(session: Session, brought: Sequence[AppendMessage]) -> Reply | None:
    settings = session.settings
    if len(brought) > settings.append_messages:
        return no(
            f"At most {settings.append_messages} messages can be appended at once",
            code_of(settings.append_messages),
        )
    parts = sum(len(message.data.parts) for message in brought if isinstance(message.data, Catenate))
    if parts > settings.catenate_parts:
        return no(f"At most {settings.catenate_parts} parts can be put together at once", b"LIMIT")
    return None
