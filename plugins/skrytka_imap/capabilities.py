"""What the server announces (RFC 3501 section 7.2.1): by state, and by what this connection may do."""

from __future__ import annotations

from skrytka.plugin_api import sasl
from skrytka_imap import message_limit
from skrytka_imap.session import Session, State

ALWAYS = (b"IMAP4rev1", b"IMAP4rev2", b"LITERAL+", b"SASL-IR", b"ID", b"ENABLE", b"IDLE", b"LANGUAGE")
LOGGED_IN = (
    b"NAMESPACE",
    b"UNSELECT",
    b"UIDPLUS",
    b"REPLACE",
    b"PREVIEW",
    b"OBJECTID",
    b"UNAUTHENTICATE",
    b"UTF8=ACCEPT",
    b"MOVE",
    b"MULTIAPPEND",
    b"BINARY",
    b"CATENATE",
    b"URL-PARTIAL",
    b"CHILDREN",
    b"LIST-EXTENDED",
    b"LIST-METADATA",
    b"LIST-STATUS",
    b"LIST-MYRIGHTS",
    b"SPECIAL-USE",
    b"CREATE-SPECIAL-USE",
    b"STATUS=SIZE",
    b"METADATA",
    b"METADATA-SERVER",
    b"ACL",
    b"RIGHTS=kxte",
    b"QUOTA",
    b"QUOTA=RES-STORAGE",
    b"QUOTA=RES-MESSAGE",
    b"QUOTA=RES-MAILBOX",
    b"QUOTASET",
    b"CONDSTORE",
    b"QRESYNC",
    b"CONTEXT=SEARCH",
    b"CONTEXT=SORT",
    b"ESEARCH",
    b"ESORT",
    b"FILTERS",
    b"I18NLEVEL=1",
    b"I18NLEVEL=2",
    b"INPROGRESS",
    b"MULTISEARCH",
    b"NOTIFY",
    b"PARTIAL",
    b"SAVEDATE",
    b"SEARCH=FUZZY",
    b"SEARCHRES",
    b"SORT",
    b"SORT=DISPLAY",
    b"THREAD=ORDEREDSUBJECT",
    b"THREAD=REFERENCES",
    b"THREAD=REFS",
    b"WITHIN",
    b"UIDBATCHES",
    b"UIDONLY",
    b"COMPRESS=DEFLATE",
)


def capabilities(session: Session) -> bytes:
    """The words after CAPABILITY.

    Before login they say how to log in: with a password only where that is safe (RFC 3501 section 6.2.3, LOGINDISABLED).
    """
    if session.state is not State.NOT_AUTHENTICATED:
        append_limit = b"APPENDLIMIT=%d" % session.core.settings.limits.message_octets
        return b" ".join((*ALWAYS, *LOGGED_IN, *message_limit.announced(session), append_limit))
    words = [*ALWAYS]
    if session.wire.can_start_tls:
        words.append(b"STARTTLS")
    words += (b"AUTH=%b" % name.encode() for name in sasl.mechanisms(session.core, session.wire.channel))
    if not session.wire.secure:
        words.append(b"LOGINDISABLED")
    return b" ".join(words)
