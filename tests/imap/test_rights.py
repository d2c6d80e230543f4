"""Every command that is about a folder, and the rights that it takes (RFC 4314 section 4).

Without one of them it is refused, and nothing is changed; with exactly these it is done.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

import skrytka_imap
from skrytka import rights
from skrytka.core import Core
from skrytka.model import AclEntry, Flags, Folder, MailboxRef, MessageRow, NewMessage
from skrytka.services import acl, folders, messages
from skrytka_imap.table import ENTRIES
from tests import front_ends
from tests.front_ends import ACTOR, PASSWORD, Served

MAIL = b"Subject: x\r\n\r\ntext\r\n"
LITERAL = f"{{{len(MAIL)}+}}\r\n{MAIL.decode()}"
ABOVE = "Other users/ann@example.org/Top"


class Case(msgspec.Struct, frozen=True):
    """``{}`` is the folder. What is done ``selected`` is done in it."""

    text: str
    needed: str
    selected: bool = False


CASES = (
    Case('SELECT "{}"', "r"),
    Case('EXAMINE "{}"', "r"),
    Case('STATUS "{}" (MESSAGES)', "r"),
    Case('GETQUOTAROOT "{}"', "r"),
    Case('CREATE "{}/below"', "k"),
    Case('DELETE "{}"', "x"),
    Case('RENAME "{}" "' + ABOVE + '/renamed"', "x"),
    Case('SETACL "{}" anyone l', "a"),
    Case('DELETEACL "{}" bob@example.org', "a"),
    Case('GETACL "{}"', "a"),
    Case('LISTRIGHTS "{}" anyone', "a"),
    Case('APPEND "{}" ' + LITERAL, "i"),
    Case('APPEND "{}" CATENATE (TEXT ' + LITERAL + ")", "i"),
    Case("EXPUNGE", "e", selected=True),
    Case("UID EXPUNGE 1:*", "e", selected=True),
    Case("STORE 1 +FLAGS (\\Seen)", "s", selected=True),
    Case("UID STORE 1 -FLAGS.SILENT (\\Seen)", "s", selected=True),
    Case("STORE 1 +FLAGS (\\Deleted)", "t", selected=True),
    Case("UID STORE 1 +FLAGS (\\Flagged)", "w", selected=True),
    Case("STORE 1 +FLAGS (\\Answered \\Draft)", "w", selected=True),
    Case("STORE 1 -FLAGS ($Work)", "w", selected=True),
    Case("MOVE 1 Archive", "te", selected=True),
    Case("UID MOVE 1 Archive", "te", selected=True),
    Case("MOVE 1 INBOX", "te", selected=True),
    Case("REPLACE 1 Drafts " + LITERAL, "te", selected=True),
    Case("UID REPLACE 1 Drafts " + LITERAL, "te", selected=True),
    Case("COPY 1 Archive", "", selected=True),
    Case("UID COPY 1 Archive", "", selected=True),
    Case("FETCH 1 (FLAGS BODY.PEEK[])", "", selected=True),
    Case("UID FETCH 1 FLAGS", "", selected=True),
    Case("SEARCH TEXT text", "", selected=True),
    Case("UID SEARCH ALL", "", selected=True),
    Case("SORT (SUBJECT) UTF-8 ALL", "", selected=True),
    Case("UID SORT (ARRIVAL) UTF-8 ALL", "", selected=True),
    Case("THREAD REFERENCES UTF-8 ALL", "", selected=True),
    Case("UID THREAD ORDEREDSUBJECT UTF-8 ALL", "", selected=True),
    Case("UIDBATCHES 500", "", selected=True),
    Case("CHECK", "", selected=True),
    Case("UNSELECT", "", selected=True),
)
"""Commands that take rights, and those that whoever has selected a folder may do."""

INTO = (
    Case('COPY 1 "{}"', "i"),
    Case('UID COPY 10 "{}"', "i"),
    Case('MOVE 1 "{}"', "i"),
    Case('UID MOVE 10 "{}"', "i"),
    Case('REPLACE 1 "{}" ' + LITERAL, "i"),
    Case('UID REPLACE 9 "{}" ' + LITERAL, "i"),
)
"""From the session's own INBOX into the folder."""

ELSEWHERE = {
    *("LIST", "LSUB", "SUBSCRIBE", "UNSUBSCRIBE", "MYRIGHTS", "ESEARCH", "CLOSE"),
    *(
        "CAPABILITY",
        "NOOP",
        "LOGOUT",
        "ID",
        "STARTTLS",
        "AUTHENTICATE",
        "LOGIN",
        "IDLE",
        "NAMESPACE",
        "ENABLE",
        "COMPRESS",
    ),
    *(
        "UNAUTHENTICATE",
        "GETQUOTA",
        "SETQUOTA",
        "CANCELUPDATE",
        "NOTIFY",
        "COMPARATOR",
        "LANGUAGE",
        "GETMETADATA",
        "SETMETADATA",
    ),
}
"""What is never refused, and leaves out what the session has no right to: see the transcripts and the tests below. And what is
about no folder."""


class Client:
    """Says a line, and reads up to its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, text: str) -> tuple[str, list[str]]:
        """The tagged line without its tag, and the lines before it."""
        self._writer.write(f"t {text}\r\n".encode())
        lines: list[str] = []
        while not (line := (await asyncio.wait_for(self._reader.readline(), 15)).decode()).startswith("t "):
            assert line, f"closed at {text}: {lines}"
            lines.append(line.rstrip())
        return line[2:].rstrip(), lines


class Shared:
    """A folder of ann, new for each case, in which bob has some rights. Above it he may make folders."""

    def __init__(self, core: Core, ann: MailboxRef) -> None:
        self.core = core
        self.ann = ann
        self.made = 0

    async def make(self, letters: str) -> Folder:
        for old in await folders.list_all(self.core, self.ann):
            if old.name.startswith("Top/"):
                await folders.delete(self.core, ACTOR, self.ann, old.name)
        self.made += 1
        folder = await folders.create(self.core, ACTOR, self.ann, f"Top/{self.made}")
        flags = (Flags.SEEN | Flags.DELETED, ("$Work",))
        mails = [NewMessage(MAIL, *flags), NewMessage(MAIL)]
        await messages.append(self.core, ACTOR, self.ann, folder.folder_id, mails)
        await acl.replace(self.core, ACTOR, self.ann, folder.folder_id, [AclEntry("bob@example.org", letters)])
        return folder

    async def state(self, folder: Folder) -> tuple[list[Folder], list[MessageRow], list[AclEntry]]:
        found = [msgspec.structs.replace(one, highest_modseq=0) for one in await folders.list_all(self.core, self.ann)]
        rows = await messages.page(self.core, self.ann, folder.folder_id, 0, 10)
        return found, rows, await acl.entries(self.core, self.ann, folder.folder_id)


@pytest.fixture
async def shared(core: Core) -> Shared:
    ann = await front_ends.mailbox(core, "ann@example.org")
    top = await folders.create(core, ACTOR, ann, "Top")
    await acl.replace(core, ACTOR, ann, top.folder_id, [AclEntry("bob@example.org", "lk")])
    return Shared(core, ann)


@pytest.fixture
async def bob(core: Core, served: Served) -> AsyncIterator[Client]:
    reader, writer = await served.connect()
    client = Client(reader, writer)
    await client.ask(f'LOGIN bob@example.org "{PASSWORD}"')
    mailbox = await front_ends.mailbox(core, "bob@example.org")
    inbox = await folders.get(core, mailbox, "INBOX")
    await messages.append(core, ACTOR, mailbox, inbox.folder_id, [NewMessage(MAIL)] * 10)
    yield client
    writer.close()
    await writer.wait_closed()


def name_of(folder: Folder) -> str:
    return f"Other users/ann@example.org/{folder.name}"


async def ask(bob: Client, folder: Folder, case: Case, *, inbox: bool) -> str:
    if case.selected or inbox:
        answer, _ = await bob.ask("SELECT INBOX" if inbox else f'SELECT "{name_of(folder)}"')
        assert answer.startswith("OK"), answer
    answer, _ = await bob.ask(case.text.replace("{}", name_of(folder)))
    await bob.ask("UNSELECT")
    return answer


def without(letters: str) -> str:
    return rights.letters(rights.ALL - frozenset(letters))


@pytest.mark.parametrize("inbox", [False, True], ids=["there", "into"])
async def test_a_command_takes_its_rights_and_no_others(inbox: bool, shared: Shared, bob: Client) -> None:
    for case in INTO if inbox else CASES:
        for letter in case.needed:
            folder = await shared.make(without(letter))
            before = await shared.state(folder)
            answer = await ask(bob, folder, case, inbox=inbox)
            assert answer.startswith("NO [NOPERM]"), (case, letter, answer)
            assert await shared.state(folder) == before, (case, letter)
        folder = await shared.make("lr" + case.needed)
        answer = await ask(bob, folder, case, inbox=inbox)
        assert answer.startswith("OK"), (case, answer)


async def test_what_may_not_be_looked_up_is_refused_as_if_it_were_not_there(shared: Shared, bob: Client) -> None:
    """But for what the session has the right to, and but for making folders, which tells nothing anyway."""
    for case in (*CASES, *INTO):
        if case.selected or case.needed == "k":
            continue
        folder = await shared.make(without("l" + case.needed))
        nowhere = msgspec.structs.replace(folder, name="Top/Nowhere")
        answers = [(await ask(bob, one, case, inbox=case in INTO)).replace(one.name, "") for one in (folder, nowhere)]
        assert answers[0] == answers[1], case
        assert answers[0].startswith(("NO [NONEXISTENT]", "NO [TRYCREATE]")), case
        folder = await shared.make(case.needed)
        assert (await ask(bob, folder, case, inbox=case in INTO)).startswith("OK"), case


def test_every_command_is_in_a_table() -> None:
    asked = {" ".join(case.text.split()[: 2 if case.text.startswith("UID ") else 1]) for case in (*CASES, *INTO)}
    assert {entry.name for entry in ENTRIES} == asked | ELSEWHERE


async def test_what_is_left_out_instead_of_refused(shared: Shared, bob: Client) -> None:
    """LIST, ESEARCH and MYRIGHTS; \\Seen of FETCH, the expunge of CLOSE, and flags of APPEND and COPY are in the transcripts."""
    for letters, is_listed, is_searched in (("lr", True, True), ("l", True, False), ("r", False, False)):
        folder = await shared.make(letters)
        name = name_of(folder)
        _, listed = await bob.ask(f'LIST "" "{name}"')
        assert bool(listed) is is_listed, letters
        answer, found = await bob.ask(f'ESEARCH IN (mailboxes "{name}") ALL')
        assert answer.startswith("OK")
        assert bool(found) is is_searched, letters
    for letters in ("swpte", ""):
        answer, _ = await bob.ask(f'MYRIGHTS "{name_of(await shared.make(letters))}"')
        assert answer.startswith("NO [NONEXISTENT]"), letters
    for letter in "lrikxa":
        answer, _ = await bob.ask(f'MYRIGHTS "{name_of(await shared.make(letter))}"')
        assert answer.startswith("OK"), letter


async def test_parts_of_mails_are_taken_only_from_folders_that_may_be_read(shared: Shared, bob: Client) -> None:
    for letters, done in ((without("r"), False), ("lr", True)):
        url = "/Other%20users/ann@example.org/" + (await shared.make(letters)).name + "/;UID=1/;SECTION=TEXT"
        answer, _ = await bob.ask(f'APPEND Drafts CATENATE (URL "{url}" TEXT {LITERAL})')
        assert answer.startswith("OK" if done else "NO [BADURL"), answer


OWN = {
    "access.py": 7,
    "filters.py": 2,
    "handlers/catenating.py": 2,
    "handlers/changing_folders.py": 5,
    "handlers/deciding.py": 1,
    "handlers/fetching.py": 1,
    "handlers/getting_metadata.py": 2,
    "handlers/listing.py": 4,
    "handlers/quotas.py": 2,
    "handlers/setting_metadata.py": 3,
    "handlers/sources.py": 3,
    "notifying.py": 1,
    "seen_folders.py": 8,
    "telling_metadata.py": 3,
    "telling_others_metadata.py": 1,
}
"""How often a module speaks of the session's own mailbox: for its folders, subscriptions, quota and filters, its private
metadata, what it is told of its folders, and for the octets on their way out to it. What is done to a folder that may be
another's is done in the mailbox of that folder."""


def test_the_sessions_own_mailbox_is_not_taken_for_that_of_a_folder() -> None:
    package = Path(skrytka_imap.__file__).parent
    counts = {
        str(path.relative_to(package)): len(re.findall(r"\bsession\.mailbox\b", path.read_text()))
        for path in package.rglob("*.py")
    }
    assert {name: count for name, count in counts.items() if count} == OWN
