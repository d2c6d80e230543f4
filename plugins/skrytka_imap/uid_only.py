"""UIDONLY (RFC 9586): a client that has enabled it neither sends nor gets message numbers. ``message_names.py`` has the answers.

``*`` beside UIDs is no number: it stands for the largest UID there.
"""

from __future__ import annotations

from skrytka_imap.commands import Command, Examine, MultiSearch, Resync, Search, Select, Sort, Thread
from skrytka_imap.replies import bad
from skrytka_imap.search import has_numbers
from skrytka_imap.session import Session

REFUSAL = bad("Message numbers are not allowed once UIDONLY is enabled", b"UIDREQUIRED")
"""Of a command with message numbers (section 3)."""


def enable(session: Session) -> None:
    """From now on. Searches that are kept up to date by numbers end, since nothing about them can be told any more."""
    session.uid_only = True
    if not session.is_selected:
        return
    contexts = session.selected.contexts
    for tag in [tag for tag, context in contexts.items() if not context.search.uid]:
        del contexts[tag]
        session.wire.write(b'* NO [NOUPDATE "%b"] Its numbers cannot be told any more\r\n' % tag)


def has_message_numbers(command: Command) -> bool:
    """Whether there are numbers among the arguments of a command whose name promises UIDs, or nothing.

    A sequence set as a key of SEARCH, SORT and THREAD, even if it is ``$`` (section 3.5), and the message sequence match data
    of QRESYNC (3.7).
    """
    match command:
        case (
            Search(key=key)
            | MultiSearch(search=Search(key=key))
            | Sort(search=Search(key=key))
            | Thread(search=Search(key=key))
        ):
            return has_numbers(key)
        case Select(resync=Resync(matches=matches)) | Examine(resync=Resync(matches=matches)):
            return matches is not None
        case _:
            return False
