"""IMAP URLs of messages and their parts (RFC 5092), absolute ones and those relative to a server or its selected folder."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

import msgspec

from skrytka_imap.commands import Partial, Section
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, LARGEST_NUMBER, Cursor
from skrytka_imap.grammar.fetch import section_spec

SERVER = re.compile(
    r"(?:imap:)?//(?:(?P<user>[^;@/?]*)(?:;AUTH=[^@/?]+)?@)?(?P<host>[^:@/?]+)(?::[0-9]{1,5})?/", re.IGNORECASE
)
MESSAGE = re.compile(
    r"(?:(?P<folder>[^;?]+?)(?:;UIDVALIDITY=(?P<validity>[1-9][0-9]{0,9}))?/)?;UID=(?P<uid>[1-9][0-9]{0,9})"
    r"(?:/;SECTION=(?P<section>[^;?]+))?(?:/;PARTIAL=(?P<origin>[0-9]{1,19})(?:\.(?P<count>[1-9][0-9]{0,18}))?)?",
    re.IGNORECASE,
)
SCHEME = re.compile(r"[^/;]*:")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class ImapUrl(msgspec.Struct, frozen=True):
    """``host`` and ``user`` are None where the URL leaves them out. ``folder`` None is the selected one; ``absolute`` tells
    that its name is whole, else it takes the place of the last level of the selected folder's name (RFC 3986 section 5.2.3)."""

    host: str | None
    user: str | None
    absolute: bool
    folder: str | None
    uid_validity: int | None
    uid: int
    section: Section
    partial: Partial | None


def parse_url(octets: bytes) -> ImapUrl | None:
    """RFC 5092 section 11. None for what is no URL of a message: one of a folder or a search, one with URLAUTH, none at all.

    imessagepart = imailbox-ref iuid [isection] [ipartial]
    imailbox-ref = enc-mailbox [";UIDVALIDITY=" nz-number]
    iuid         = "/" ";UID=" nz-number
    isection     = "/" ";SECTION=" enc-section
    ipartial     = "/" ";PARTIAL=" partial-range
    partial-range = number ["." nz-number]
    """
    try:
        return _parsed(octets.decode("ascii"))
    except (UnicodeDecodeError, SyntaxFault):
        return None


def _parsed(text: str) -> ImapUrl | None:
    server = SERVER.match(text)
    path = text[server.end() :] if server else text.removeprefix("/")
    match = MESSAGE.fullmatch(path)
    if match is None or BAD_ESCAPE.search(text):
        return None
    absolute = text.startswith("/") or server is not None
    uid, validity = int(match["uid"]), match["validity"]
    if not absolute and SCHEME.match(path):  # RFC 3986 section 4.2: that is a URL of another kind
        return None
    if (absolute and match["folder"] is None) or uid > LARGEST_NUMBER:
        return None
    return ImapUrl(
        server and server["host"].lower(),
        server and _decoded(server["user"]),
        absolute,
        _decoded(match["folder"]),
        None if validity is None else int(validity),
        uid,
        _section(match["section"]),
        _partial(match["origin"], match["count"]),
    )


def _decoded(encoded: str | None) -> str | None:
    """Names are UTF-8 in percent-encoding (RFC 5092 section 8)."""
    return None if encoded is None else unquote_to_bytes(encoded).decode("utf-8")


def _section(encoded: str | None) -> Section:
    """What would stand in the brackets of BODY[]; the whole mail without it."""
    if encoded is None:
        return Section()
    cursor = Cursor((unquote_to_bytes(encoded),))
    section = section_spec(cursor)
    cursor.end()
    return section


def _partial(origin: str | None, count: str | None) -> Partial | None:
    return None if origin is None else Partial(int(origin), int(count) if count else LARGEST_MODSEQ)
