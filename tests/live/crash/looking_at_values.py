"""Reads the values beside the mails, over IMAP or through the services: metadata and access control lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

from skrytka import rights
from skrytka.core import Core
from skrytka.model import Folder, MailboxRef
from skrytka.services import acl, metadata
from tests.live.crash.ledger import Copies, Key
from tests.live.crash.play.imap_session import Session
from tests.live.crash.values import entry, grant, holding

_ENTRY = re.compile(rb'(/(?:private|shared)/vendor/\S+) "([^"]*)"')
_GRANT = re.compile(rb'"([^"]*)" ([a-z]+)')


async def told_values(session: Session, address: str, folders: Iterable[str]) -> dict[Key, Copies]:
    """To the owner of the mailbox, who is logged in."""
    found: dict[Key, Copies] = {}
    for folder in ("", *folders):
        asked = f'GETMETADATA (DEPTH infinity) "{folder}" (/private/vendor /shared/vendor)'
        for line in await session.ask(asked):
            for name, value in _ENTRY.findall(line):
                found[entry(address, folder, name.decode())] = holding([value.decode()])
    for folder in folders:
        for line in await session.ask(f"GETACL {folder}"):
            for identifier, letters in _GRANT.findall(line):
                if identifier.decode() != address:
                    found[grant(address, folder, identifier.decode())] = holding(rights.ALL & set(letters.decode()))
    return found


async def kept_values(core: Core, mailbox: MailboxRef, folders: Iterable[Folder]) -> dict[Key, Copies]:
    """The same, as the services say."""
    found: dict[Key, Copies] = {}
    places = {folder.folder_id: folder.name for folder in folders}
    for folder_id, folder in [(metadata.WHOLE_MAILBOX, ""), *places.items()]:
        user = mailbox.mailbox_id
        names = list(await metadata.sizes(core, mailbox, user, folder_id))
        for (_, name), value in (await metadata.values(core, mailbox, user, [folder_id], names)).items():
            found[entry(mailbox.address, folder, name)] = holding([value.decode()])
    for folder_id, folder in places.items():
        for one in await acl.entries(core, mailbox, folder_id):
            found[grant(mailbox.address, folder, one.identifier)] = holding(one.rights)
    return found
