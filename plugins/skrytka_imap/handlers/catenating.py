"""Messages that are put together from texts of the client and parts of other messages (RFC 4469)."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote_from_bytes

from skrytka.plugin_api import contents, errors, folders, messages, mime, model, outgoing
from skrytka_imap import sections
from skrytka_imap.commands import Catenate, Url
from skrytka_imap.imap_url import ImapUrl, parse_url
from skrytka_imap.session import Session

TOLD_OCTETS = 1_000
"""So much of a bad URL is told."""


class BadUrl(Exception):
    """A URL that names nothing that this session can read. ``code`` is the response code."""

    def __init__(self, url: bytes) -> None:
        super().__init__()
        self.code = b"BADURL " + quote_from_bytes(url[:TOLD_OCTETS], safe="!\"#$%&'()*+,-./:;<=>?@^_`{|}~ ").encode()


class Catenator:
    """Puts the messages of one command together. The mail read last is kept, for the next part is usually of the same."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: tuple[model.FolderId, int] | None = None
        self._mail = b""

    async def octets(self, catenate: Catenate) -> bytes:
        """The message. ``TooLarge`` over ``limits.message_octets`` (RFC 4469 section 4, TOOBIG), ``BadUrl``, ``Unavailable``
        where too much is on its way in."""
        limit = self._session.core.settings.limits.message_octets
        pieces: list[bytes] = []
        left = limit
        for part in catenate.parts:
            piece = part if isinstance(part, bytes) else await self._named(part)
            left -= len(piece)
            if left < 0:
                raise errors.TooLarge(limit)
            if isinstance(part, Url) and not self._session.wire.reserve(len(piece)):
                raise errors.Unavailable("Too many mails are on their way in; try again")
            pieces.append(piece)
            await self._session.wire.breathe()
        return b"".join(pieces)

    async def _named(self, part: Url) -> bytes:
        """The octets that a URL names, without their transfer encoding being touched; nothing is marked as seen."""
        url = parse_url(part.octets)
        if url is None or not self._is_here(url):
            raise BadUrl(part.octets)
        try:
            octets = await self._read(url)
        except errors.NotFound:
            raise BadUrl(part.octets) from None
        if octets is None:
            raise BadUrl(part.octets)
        return octets

    def _is_here(self, url: ImapUrl) -> bool:
        """Whether the URL is of this server and this user."""
        session = self._session
        if url.host is not None and url.host not in session.settings.url_hosts:
            return False
        return url.user is None or url.user.lower() in (session.mailbox.address, session.actor.credential.lower())

    async def _read(self, url: ImapUrl) -> bytes | None:
        folder = await self._folder(url)
        if folder is None or url.uid_validity not in (None, folder.uid_validity):
            return None
        await self._keep(folder.folder_id, url.uid)
        if sections.needs(url.section) is sections.Needs.OCTETS:
            return sections.cut(self._mail, url.partial)
        part = await self._session.wire.work(len(self._mail), partial(mime.scan, self._mail))
        return sections.extract(self._mail, part, url.section, url.partial)

    async def _folder(self, url: ImapUrl) -> model.Folder | None:
        session = self._session
        if not url.absolute and not session.is_selected:
            return None
        if url.folder is None:
            return await folders.get_by_id(session.core, session.mailbox, session.selected.folder_id)
        superior = "" if url.absolute else session.selected.name.rpartition("/")[0]
        return await folders.get(session.core, session.mailbox, f"{superior}/{url.folder}" if superior else url.folder)

    async def _keep(self, folder_id: model.FolderId, uid: int) -> None:
        if self._of == (folder_id, uid):
            return
        session = self._session
        row = await messages.row(session.core, session.mailbox, folder_id, model.Uid(uid))
        async with outgoing.sending(session.core, session.mailbox, row.size_octets):
            self._mail = await contents.octets(session.core, session.mailbox, row.content_id)
        self._of = (folder_id, uid)
