"""Two mailboxes, new for every example, that begin alike; and all that the store and a session remember, to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skrytka.core import Core
from skrytka.model import AclEntry, MailboxRef, NewMessage
from skrytka.services import acl, folders, mailboxes, messages
from skrytka.services.mailboxes import MailboxChange
from skrytka.store.interface import Row, Tx
from skrytka_imap.session import Session
from tests.front_ends import ACTOR, PASSWORD

GONE = 30
"""UIDs up to here are used up in the folders that have mails: no UID is a number of a message."""
NAME = "Żółć"
"""A folder whose name differs between the two forms that it can have on the wire."""
_MAILS = (
    b"Subject: one\r\nFrom: a@example.org\r\nMessage-ID: <1@x>\r\n\r\none\r\n",
    b"Subject: Re: one\r\nMessage-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nDate: 1 Feb 2024 10:00:00 +0000\r\n\r\ntwo\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: in\r\n\r\nb\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n--x--\r\n",
    b"Subject: =?utf-8?q?za=C5=BC?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nza\xc5\xbc\xff\0\r\n",
    b"\r\n",
    b"no header",
)
_TABLES = ("mailbox", "folder", "subscription")
"""Every write to a mailbox changes its own row, and what only a folder or a subscription tells is in theirs."""
_FLEETING = frozenset({"tag", "_admission", "core", "settings", "wire", "idling"})
_FLEETING_SELECTED = frozenset({"head"})


class World:
    """``address`` is the mailbox that clients log in to, ``owner`` one that shares folders with it."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.number = 0
        self.address = self.owner = ""
        self._refs: list[MailboxRef] = []

    async def begin(self) -> None:
        """Both mailboxes anew."""
        self.number += 1
        self.address, self.owner = f"ann{self.number}@example.org", f"owner{self.number}@example.org"
        self._refs = [await self._made(self.address, PASSWORD), await self._made(self.owner, None)]
        for name, letters in (("INBOX", "lr"), ("Archive", "lrsit"), ("Sent", "lrswipkxtea"), ("Junk", "l")):
            folder = await folders.get(self.core, self._refs[1], name)
            await acl.replace(self.core, ACTOR, self._refs[1], folder.folder_id, [AclEntry(self.address, letters)])

    async def _made(self, address: str, password: str | None) -> MailboxRef:
        await mailboxes.put(self.core, ACTOR, address, MailboxChange(password=password))
        ref = (await mailboxes.get(self.core, address)).ref
        await folders.create(self.core, ACTOR, ref, NAME)
        for name in ("INBOX", "Archive", NAME):
            folder_id = (await folders.get(self.core, ref, name)).folder_id
            await self.core.shards[ref.shard].write(_skip_uids, (int(ref.mailbox_id), int(folder_id)))
            await messages.append(self.core, ACTOR, ref, folder_id, [NewMessage(mail) for mail in _MAILS])
        return ref

    def own(self, text: bytes) -> bytes:
        """A text of a transcript, about the mailboxes of this example."""
        text = text.replace(b"ann@example.org", self.address.encode())
        return text.replace(b"bob@example.org", self.owner.encode()).replace(b"owner@example.org", self.owner.encode())

    async def stored(self) -> Mapping[str, list[Row]]:
        """What tells of every change to either."""
        found: dict[str, list[Row]] = {}
        for ref in self._refs:
            rows = await self.core.shards[ref.shard].read(_dump, int(ref.mailbox_id))
            found |= {f"{table} of {ref.address}": those for table, those in rows.items()}
        return found


async def _skip_uids(tx: Tx, folder: tuple[int, int]) -> None:
    await tx.execute("UPDATE folder SET uid_next = ? WHERE mailbox_id = ? AND folder_id = ?", GONE + 1, *folder)


async def _dump(tx: Tx, mailbox_id: int) -> dict[str, list[Row]]:
    found = {}
    for table in _TABLES:
        found[table] = sorted(await tx.rows(f"SELECT * FROM {table} WHERE mailbox_id = ?", mailbox_id), key=repr)
    return found


def remembered(session: Session) -> dict[str, Any]:
    """What a session knows that may make a later command go otherwise."""
    kept = {name: value for name, value in vars(session).items() if name not in _FLEETING}
    for name, fleeting in (("_selected", _FLEETING_SELECTED), ("notify", frozenset[str]()), ("metadata", frozenset())):
        if kept[name] is not None:
            parts = vars(kept[name]).items()
            kept[name] = {part: _copied(value) for part, value in parts if part not in fleeting}
    return kept


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | set | list) else value
