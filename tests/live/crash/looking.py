"""Reads all mailboxes after a crash: over the wire, as clients do, or through the services, where no service runs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from skrytka.core import Core
from skrytka.extensions import Extensions
from skrytka.model import Flags, MailboxRef, MessageRow
from skrytka.rest.message_views import FLAG_NAMES
from skrytka.serve.composition import open_core
from skrytka.services import checking, contents, folders, mailboxes, messages
from skrytka.settings import Settings
from tests.live.crash.ledger import State
from tests.live.crash.looking_at_values import kept_values, told_values
from tests.live.crash.mails import is_whole, token_in
from tests.live.crash.play.imap_session import Session, named
from tests.live.crash.play.rest import call
from tests.live.crash.play.stage import PASSWORD
from tests.live.crash.play.wire import Wire, connected
from tests.live.crash.seen import Entry, Folder, Mailbox, Seen
from tests.live.serving import Service

_PAGE = 1_000
_BODIES = 40
_UID = re.compile(rb"UID ([0-9]+)")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]+)")
_MODSEQ = re.compile(rb"MODSEQ \(([0-9]+)\)")
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n")


async def findings(settings: Settings) -> list[str]:
    """What ``skrytka check`` says, without the second that its process takes to start."""
    async with open_core(settings, Extensions(), migrating=False) as core:
        return [str(finding) for finding in await checking.check(core, repair=False)]


class WireLook:
    """Over REST and IMAP. Octets that were read whole once are not read again until ``forget``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._whole: set[tuple[str, str, int]] = set()

    def forget(self) -> None:
        self._whole.clear()

    async def look(self, service: Service) -> Seen:
        seen = Seen()
        for listed, told in await _listed(service):
            usage = listed["usage"]
            found = await self._read(service, listed["address"], told)
            seen.mailboxes[listed["address"]] = Mailbox(usage["storage_octets"], usage["messages"], *found)
        seen.findings = await findings(self._settings)
        return seen

    async def _read(
        self, service: Service, address: str, told: Sequence[dict[str, Any]]
    ) -> tuple[dict[str, Folder], State]:
        """The folders of a mailbox, and its values."""
        found = {}
        async with connected(service.ports["imap.listen"]) as wire:
            session = Session(wire)
            await session.greeted()
            if not (await session.command(f"LOGIN {address} {PASSWORD}")).ok:
                # Its making was cut off. Asking again ends it, without waiting for the background work.
                service.api("PUT", f"/mailboxes/{address}", {"password": PASSWORD})
                return await self._read(service, address, told)
            for each in told:
                entries = await self._entries(session, address, each["name"]) if each["messages"] else []
                found[each["name"]] = Folder(
                    each["uid_validity"],
                    each["uid_next"],
                    each["highest_modseq"],
                    each["messages"],
                    each["unseen"],
                    each["octets"],
                    tuple(entries),
                )
            return found, await told_values(session, address, found)

    async def _entries(self, session: Session, address: str, folder: str) -> list[Entry]:
        await session.ask(f"EXAMINE {folder}")
        items = "UID FLAGS RFC822.SIZE MODSEQ BODY.PEEK[HEADER.FIELDS (X-Token)]"
        fetched = [line for line in await session.ask(f"FETCH 1:* ({items})") if b" FETCH (" in line]
        tokens = {_number(_UID, line): token_in(_literal(line)) for line in fetched}
        places = {uid: (address, folder, uid) for uid in tokens}
        unread = [uid for uid, place in places.items() if place not in self._whole]
        async for uid, octets in _bodies(session, unread):
            if is_whole(tokens[uid], octets):
                self._whole.add(places[uid])
        return [
            Entry(
                uid,
                token,
                named(_text(_FLAGS, line).split()),
                _number(_SIZE, line),
                _number(_MODSEQ, line),
                places[uid] in self._whole,
            )
            for (uid, token), line in zip(tokens.items(), fetched, strict=True)
        ]


async def _listed(service: Service) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Every mailbox with its folders, as REST tells them."""
    async with connected(service.ports["rest.listen"]) as rest:
        found = await _items(rest, service.key, "/mailboxes?limit=500")
        return [(each, await _items(rest, service.key, f"/mailboxes/{each['address']}/folders")) for each in found]


async def uid_validities(service: Service) -> dict[tuple[str, str], int]:
    """Of all folders by address and name, as REST tells them."""
    return {
        (mailbox["address"], folder["name"]): folder["uid_validity"]
        for mailbox, told in await _listed(service)
        for folder in told
    }


async def _items(rest: Wire, api_key: str, path: str) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        reply = await call(rest, api_key, "GET", path + cursor)
        assert reply.ok, (path, reply)
        page = reply.json()
        found += page["items"]
        if page.get("next_cursor") is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def _bodies(session: Session, uids: Sequence[int]) -> AsyncIterator[tuple[int, bytes]]:
    for start in range(0, len(uids), _BODIES):
        asked = ",".join(map(str, uids[start : start + _BODIES]))
        for line in await session.ask(f"UID FETCH {asked} (UID BODY.PEEK[])"):
            if b" FETCH (" in line:
                yield _number(_UID, line), _literal(line)


def _number(pattern: re.Pattern[bytes], line: bytes) -> int:
    return int(_text(pattern, line))


def _text(pattern: re.Pattern[bytes], line: bytes) -> str:
    found = pattern.search(line)
    assert found is not None, (pattern, line[:300])
    return found[1].decode()


def _literal(line: bytes) -> bytes:
    found = _LITERAL.search(line)
    assert found is not None, line[:300]
    return line[found.end() : found.end() + int(found[1])]


async def look_inside(core: Core) -> Seen:
    """Through the services: for states of the disk, of which there are too many to start a service on each."""
    seen = Seen({}, [str(finding) for finding in await checking.check(core, repair=False)])
    for mailbox in await mailboxes.list_page(core, None, "", _PAGE):
        used = await mailboxes.usage(core, mailbox.ref)
        found = {}
        listed = await folders.list_all(core, mailbox.ref)
        for folder in listed:
            rows = await messages.page(core, mailbox.ref, folder.folder_id, 0, 100 * _PAGE)
            entries = [await _entry(core, mailbox.ref, row) for row in rows]
            found[folder.name] = Folder(
                folder.uid_validity,
                folder.uid_next,
                folder.highest_modseq,
                folder.messages,
                folder.unseen,
                folder.octets,
                tuple(entries),
            )
        values = await kept_values(core, mailbox.ref, listed)
        seen.mailboxes[mailbox.ref.address] = Mailbox(used.storage_octets, used.messages, found, values)
    return seen


async def _entry(core: Core, mailbox: MailboxRef, row: MessageRow) -> Entry:
    octets = await contents.octets(core, mailbox, row.content_id)
    token = token_in(octets)
    flags = frozenset(name for flag, name in FLAG_NAMES.items() if Flags(row.flags) & flag) | set(row.keywords)
    return Entry(row.uid, token, flags, row.size_octets, row.modseq, is_whole(token, octets))
