"""Messages that are put together from texts of the client and parts of other messages (RFC 4469)."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote_from_bytes

from skrytka.plugin_api import contents, errors, folders, messages, mime, model, outgoing
from skrytka_imap import sections
from skrytka_imap.access import Place, find
from skrytka_imap.commands import Catenate, Url
from skrytka_imap.error_replies import NoRight
from skrytka_imap.imap_url import ImapUrl, parse_url
from skrytka_imap.session import Session

TOLD_OCTETS = 1_000
"""So much of a bad URL is told."""


class BadUrl(Exception):
    """A URL that names nothing that this session can read. ``code`` is the response code."""

    def __init__(self, url: bytes) -> None:
        super().__init__()
        self.code = b"BADURL " + quote_from_bytes(url[:TOLD_OCTETS], safe="!\"#$%&'()*+,-./:;<=>?@^_`{|}~ ").encode()


async def catenated(session: Session, catenate: Catenate) -> bytes:
    """The message that the parts make.

    ``TooLarge`` over ``limits.message_octets`` (RFC 4469 section 4, TOOBIG), ``BadUrl``, and ``Unavailable`` where too much is
    on its way in.
    """
    limit = left = session.core.settings.limits.message_octets
    pieces: list[bytes] = []
    for part in catenate.parts:
        piece = part if isinstance(part, bytes) else await _named(session, part)
        left -= len(piece)
        if left < 0:
            raise errors.TooLarge(limit)
        if isinstance(part, Url) and not session.wire.reserve(len(piece)):
            raise errors.Unavailable("Too many mails are on their way in; try again")
        pieces.append(piece)
        await session.wire.breathe()
    return b"".join(pieces)


async def _named(session: Session, part: Url) -> bytes:
    """The octets that a URL names, with their transfer encoding; nothing is marked as seen."""
    url = parse_url(part.octets)
    if url is None or not _is_here(session, url):
        raise BadUrl(part.octets)
    try:
        octets = await _read(session, url)
    except (errors.NotFound, NoRight):
        raise BadUrl(part.octets) from None
    if octets is None:
        raise BadUrl(part.octets)
    return octets


def _is_here(session: Session, url: ImapUrl) -> bool:
    """Whether the URL is of this server and this user."""
    if url.host is not None and url.host not in session.settings.url_hosts:
        return False
    return url.user is None or url.user.lower() in (session.mailbox.address, session.actor.credential.lower())


async def _read(session: Session, url: ImapUrl) -> bytes | None:
    """None where the UIDVALIDITY is another, or the mail has no such part. A large mail counts as on its way out meanwhile."""
    core = session.core
    place = await _place(session, url)
    if place is None or url.uid_validity not in (None, place.folder.uid_validity):
        return None
    row = await messages.row(core, place.mailbox, place.folder_id, model.Uid(url.uid))
    async with outgoing.sending(core, session.mailbox, row.size_octets):
        octets = await contents.octets(core, place.mailbox, row.content_id)
        return await session.wire.work(len(octets), partial(_cut, octets, url))


async def _place(session: Session, url: ImapUrl) -> Place | None:
    """None for a URL that is relative to a folder where none is selected."""
    if not url.absolute and not session.is_selected:
        return None
    if url.folder is None:
        selected = session.selected
        folder = await folders.get_by_id(session.core, selected.mailbox, selected.folder_id)
        return Place(selected.mailbox, folder, selected.rights, selected.reader, selected.private_seen)
    superior = "" if url.absolute else session.selected.name.rpartition("/")[0]
    return await find(session, f"{superior}/{url.folder}" if superior else url.folder, "r")


def _cut(octets: bytes, url: ImapUrl) -> bytes | None:
    if sections.needs(url.section) is sections.Needs.OCTETS:
        return sections.cut(octets, url.partial)
    return sections.extract(octets, mime.scan(octets), url.section, url.partial)
