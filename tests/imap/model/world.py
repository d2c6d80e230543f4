"""What the sessions of the model act on, and who else acts on it: the provider's panel over REST, a client over POP3."""

from __future__ import annotations

from httpx import AsyncClient

from skrytka.core import Core
from skrytka.model import Flags, FolderId, MailboxRef, MessageRow, NewMessage
from skrytka.services import folders, messages
from tests import front_ends
from tests.front_ends import Served
from tests.imap.model.told import Kind, Told

FOLDERS = ("INBOX", "Archive")
MESSAGES = {"INBOX": 5, "Archive": 2}
"""How many there are at the beginning."""
MOST = 1_000
_URL = "/v1/mailboxes/ann@example.org/messages"
_NAMES = {
    Flags.SEEN: "\\Seen",
    Flags.ANSWERED: "\\Answered",
    Flags.FLAGGED: "\\Flagged",
    Flags.DELETED: "\\Deleted",
    Flags.DRAFT: "\\Draft",
}


class World:
    """Two folders of ann's, and the doors to them."""

    def __init__(self, core: Core, mailbox: MailboxRef, imap: Served, pop3: Served, rest: AsyncClient) -> None:
        self.core, self.mailbox = core, mailbox
        self._imap, self._pop3, self._rest = imap, pop3, rest
        self._ids: dict[str, FolderId] = {}

    async def begin(self) -> None:
        """Both folders with few messages, whatever was in them."""
        for name in FOLDERS:
            folder_id = self._ids[name] = (await folders.get(self.core, self.mailbox, name)).folder_id
            old = [row.uid for row in await self.rows(name)]
            await messages.expunge(self.core, front_ends.ACTOR, self.mailbox, folder_id, old, deleted_only=False)
            mails = [NewMessage(b"Subject: %d\r\n\r\ntext" % number) for number in range(MESSAGES[name])]
            await messages.append(self.core, front_ends.ACTOR, self.mailbox, folder_id, mails)

    async def rows(self, folder: str) -> list[MessageRow]:
        """The truth."""
        return await messages.page(self.core, self.mailbox, self._ids[folder], 0, MOST)

    async def session(self, kind: Kind) -> Told:
        told = Told(*await self._imap.connect(), kind)
        await told.log_in(front_ends.PASSWORD)
        await told.begin()
        return told

    async def check(self, told: Told, *, all_told: bool) -> None:
        """What the session was told is what there is; gone messages may still be among it if not ``all_told``.

        What is only known to exist is asked for first, which changes nothing that was told before.
        """
        if not told.folder:
            return
        rows = {row.uid: row for row in await self.rows(told.folder)}
        if all_told:
            assert len(told.entries) == len(rows), "EXISTS and EXPUNGE do not add up"
        unknown = [number for number, entry in enumerate(told.entries, 1) if not told.knows(entry)]
        if unknown and told.uid_only:
            await told.ask("UID SEARCH ALL")
            known = {entry.uid for entry in told.entries if told.knows(entry)}
            unknown = [uid for uid in told.found if uid not in known]
        if unknown:
            items = "UID FLAGS MODSEQ" if told.condstore else "UID FLAGS"
            fetch = "UID FETCH" if told.uid_only else "FETCH"
            answer = await told.ask(f"{fetch} {','.join(map(str, unknown))} ({items})")
            assert b" OK " in answer, answer
            assert told.answered >= set(unknown), "a message of the folder is not answered for"
        seen = [(entry.uid, _folded(entry.flags)) for entry in told.entries if all_told or entry.uid in rows]
        assert seen == [(uid, _folded(flag_names(row))) for uid, row in rows.items()]
        if told.condstore:
            assert {uid: told.modseqs[uid] for uid in rows} == {uid: row.modseq for uid, row in rows.items()}

    async def upload(self, folder: str) -> None:
        parameters = {"folder": folder}
        headers = {"Content-Type": "message/rfc822"}
        done = await self._rest.post(_URL, params=parameters, headers=headers, content=b"Subject: r\r\n\r\nrest")
        assert done.status_code == 201, done.text

    async def change_over_rest(self, folder: str, uid: int, body: dict[str, list[str]]) -> None:
        done = await self._rest.patch(f"{_URL}/{self._ids[folder]}-{uid}/flags", json=body)
        assert done.status_code == 200, done.text

    async def delete_over_rest(self, folder: str, uid: int) -> None:
        done = await self._rest.delete(f"{_URL}/{self._ids[folder]}-{uid}")
        assert done.status_code == 204, done.text

    async def delete_over_pop3(self, numbers: list[int]) -> None:
        """A whole session: log in, DELE, QUIT."""
        reader, writer = await self._pop3.connect()
        lines = [
            "USER ann@example.org",
            f"PASS {front_ends.PASSWORD}",
            *(f"DELE {number}" for number in numbers),
            "QUIT",
        ]
        for line in ["", *lines]:
            if line:
                writer.write(f"{line}\r\n".encode())
            answer = await reader.readline()
            assert answer.startswith(b"+OK"), (line, answer)
        writer.close()
        await writer.wait_closed()


def flag_names(row: MessageRow) -> frozenset[str]:
    """The flags and keywords of a message in IMAP's words."""
    return frozenset([name for flag, name in _NAMES.items() if row.flags & flag] + [*row.keywords])


def _folded(flags: frozenset[str] | None) -> frozenset[str] | None:
    """Keywords are the same in any case of letters (RFC 9051 section 2.3.2), and ``.SILENT`` may hide another spelling."""
    return None if flags is None else frozenset(flag.lower() for flag in flags)
