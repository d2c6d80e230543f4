"""NOTIFY under concurrency, at its limits, and with a client or a store that does not keep up."""

from __future__ import annotations

import asyncio
import gc
import random
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

import msgspec
import pytest

from skrytka.core import Core
from skrytka.model import NewMessage
from skrytka.services import folders, messages
from skrytka.store.operations.contents import headers
from skrytka.store.operations.folders import list_all, subscriptions
from skrytka_imap.notifications import Notifications
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.contract.shards import ReadsFail
from tests.front_ends import Serve
from tests.imap.client import Client
from tests.imap.model.world import flag_names

V = TypeVar("V")
T = TypeVar("T")
LIST = re.compile(rb'\* LIST \(([^)]*)\) "/" "([^"]*)"(?: \("OLDNAME" \("([^"]*)"\)\))?\r\n\Z')
STATUS = re.compile(rb'\* STATUS "([^"]*)" \((.*)\)\r\n\Z')
ALL = "(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)"
WATCH = f"NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal {ALL})"
WRITERS, ACTS, ROUNDS = 3, 40, 30


class Watcher(Client):
    """A client that only listens: ``known`` are the counters of each folder, ``subscribed`` the names that are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.known: dict[str, dict[str, int]] = {}
        self.subscribed: set[str] = set()

    async def listen(self) -> None:
        while True:
            self._apply(await self._line(), may_expunge=True)

    def _apply(self, line: bytes, *, may_expunge: bool) -> None:
        if match := LIST.match(line):
            attributes, name, old = match[1].decode().split(), match[2].decode(), (match[3] or b"").decode()
            if old:
                self._rename(old, name)
            if "\\NonExistent" in attributes:
                self.known.pop(name, None)
            else:
                self.known.setdefault(name, {"MESSAGES": 0, "UIDNEXT": 1})
            (self.subscribed.add if "\\Subscribed" in attributes else self.subscribed.discard)(name)
        elif match := STATUS.match(line):
            words = match[2].decode().split()
            items = dict(zip(words[::2], map(int, words[1::2]), strict=True))
            self.known[match[1].decode()].update(items)
        else:
            super()._apply(line, may_expunge=may_expunge)

    def _rename(self, old: str, new: str) -> None:
        moving = [name for name in self.known if name == old or name.startswith(f"{old}/")]
        self.known.update({new + name[len(old) :]: self.known.pop(name) for name in moving})


async def watching(client: Watcher) -> None:
    await client.greet(front_ends.PASSWORD)
    await client.command("UID FETCH 1:* FLAGS")
    await client.command('LIST "" * RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT HIGHESTMODSEQ))')
    assert b" OK " in await client.command(WATCH)


async def differs(core: Core, client: Watcher) -> str:
    """What the client does not know as the store has it; empty when it knows all."""
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    now = {folder.name: folder for folder in await folders.list_all(core, mailbox)}
    inbox = now.pop("INBOX")
    if client.known.keys() - {"INBOX"} != now.keys():
        return f"names {client.known.keys() ^ now.keys()}"
    for name, folder in now.items():
        told = client.known[name]
        if (told["MESSAGES"], told["UIDNEXT"]) != (folder.messages, folder.uid_next):
            return f"{name}: {told} is not {folder}"
        if told.get("HIGHESTMODSEQ", folder.highest_modseq) != folder.highest_modseq:
            return f"{name}: {told} is not {folder}"
    if client.subscribed != set(await folders.subscriptions(core, mailbox)):
        return f"subscriptions {client.subscribed}"
    rows = await messages.page(core, mailbox, inbox.folder_id, 0, 1_000)
    if [(entry.uid, entry.flags) for entry in client.entries] != [(row.uid, flag_names(row)) for row in rows]:
        return "INBOX"
    return ""


async def write(client: Client, rolled: random.Random, acts: int) -> None:
    """Random changes of INBOX, and of folders whose names others use as well."""
    for _ in range(acts):
        one, other = (f"{rolled.choice('AB')}{rolled.choice(['', '/x', '/y'])}" for _ in range(2))
        uid = rolled.randint(1, 20)
        await client.command(
            rolled.choice(
                [
                    f"CREATE {one}",
                    f"CREATE {other}",
                    f"DELETE {one}",
                    f"RENAME {one} {other}",
                    f"SUBSCRIBE {one}",
                    f"UNSUBSCRIBE {one}",
                    f"APPEND {one} {{4+}}\r\nmail",
                    "APPEND INBOX {4+}\r\nmail",
                    "APPEND INBOX (\\Seen) {4+}\r\nmail",
                    f"UID STORE {uid}:{uid + 3} +FLAGS ({rolled.choice(['$Work', chr(92) + 'Deleted'])})",
                    f"UID STORE {uid}:* -FLAGS (\\Deleted)",
                    f"UID COPY {uid} {one}",
                    f"UID MOVE {uid} {other}",
                    "EXPUNGE",
                ]
            )
        )


@pytest.mark.parametrize("condstore", [False, True])
async def test_who_only_listens_knows_in_the_end_what_the_store_has(
    core: Core, served: front_ends.Served, condstore: bool
) -> None:
    client = Watcher(*await served.connect())
    await watching(client)
    if condstore:
        await client.command("ENABLE CONDSTORE")
        await client.command('LIST "" * RETURN (SUBSCRIBED STATUS (HIGHESTMODSEQ))')
    listening = asyncio.create_task(client.listen())
    writers = [Client(*await served.connect()) for _ in range(WRITERS)]
    for writer in writers:
        await writer.greet(front_ends.PASSWORD)
    rolls = [random.Random(number) for number in range(WRITERS)]
    await asyncio.gather(*(write(writer, rolled, ACTS) for writer, rolled in zip(writers, rolls, strict=True)))
    async with asyncio.timeout(10):
        while await differs(core, client):
            assert not listening.done(), listening.exception()
            await asyncio.sleep(0.05)
    listening.cancel()
    for one in (client, *writers):
        await one.close()


async def test_what_happened_together_is_told_so_that_it_adds_up(core: Core, served: front_ends.Served) -> None:
    """Nothing is told while a command is on its way in. So folders take each other's names before the client hears of it."""
    client, writer = Watcher(*await served.connect()), Client(*await served.connect())
    await watching(client)
    await writer.greet(front_ends.PASSWORD)
    rolled = random.Random(1)
    for _ in range(ROUNDS):
        client._writer.write(b"x NO")
        await write(writer, rolled, rolled.randint(1, 12))
        client._writer.write(b"OP\r\n")
        while not (line := await client._line()).startswith(b"x OK"):
            client._apply(line, may_expunge=True)
        assert not await differs(core, client)
    await client.close()
    await writer.close()


@pytest.fixture
async def serve(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Serve[Settings]]:
    async with front_ends.serving(core, converse, tls_contexts[0]) as start:
        yield start


async def test_more_folders_than_may_be_watched_are_refused_and_end_it(
    serve: Serve[Settings], imap_settings: Settings
) -> None:
    served = serve(msgspec.structs.replace(imap_settings, notify_folders=3))
    client, other = Watcher(*await served.connect()), Client(*await served.connect())
    await client.log_in(front_ends.PASSWORD)
    await other.log_in(front_ends.PASSWORD)
    too_many = b" NO [NOTIFICATIONOVERFLOW] At most 3 folders can be watched"
    assert too_many in await client.command("NOTIFY SET (personal (MailboxName))")
    assert too_many in await client.command("NOTIFY SET (mailboxes (a b c d) (MailboxName))")
    fetched = f"body.peek[header.fields ({' '.join(['x' * 900] * 5)})]"
    too_much = b" NO [NOTIFICATIONOVERFLOW] That is too much to fetch of every new message"
    assert too_much in await client.command(f"NOTIFY SET (selected (MessageNew ({fetched}) MessageExpunge))")
    await client.command("SELECT INBOX")
    updated = await client.command(f"NOOP\r\ns SEARCH RETURN (UPDATE ({fetched})) ALL")
    assert b" OK " in updated
    assert b'* NO [NOUPDATE "s"] That search is too long to be kept' in await client._line()
    assert b"* ESEARCH" in await client._line()
    assert b"s OK" in await client._line()
    assert b" OK " in await client.command("NOTIFY SET (subtree A (MailboxName MessageNew MessageExpunge))")
    await other.command("CREATE A/x/y")
    assert [await client._line() for _ in range(3)] == [
        b'* LIST (\\HasChildren) "/" "A"\r\n',
        b'* LIST (\\HasChildren) "/" "A/x"\r\n',
        b'* LIST (\\HasNoChildren) "/" "A/x/y"\r\n',
    ]
    await other.command("CREATE A/z")
    assert await client._line() == b"* OK [NOTIFICATIONOVERFLOW] Too many folders to watch\r\n"
    await other.command("DELETE A/z")
    assert await other.command("NOOP")
    assert b" OK Nothing done" in await client.command("NOOP")
    assert "A/z" not in client.known
    await client.close()
    await other.close()


async def test_nothing_is_kept_for_a_client_that_is_told_of_no_folders(core: Core, served: front_ends.Served) -> None:
    """Names that it unsubscribes may be as long as a command, and nobody counts them."""
    client = Client(*await served.connect())
    await client.log_in(front_ends.PASSWORD)
    await client.command("NOTIFY NONE")
    for number in range(3):
        await client.command(f"UNSUBSCRIBE never{number}")
        await client.command(f"CREATE made{number}")
        await client.command(f"DELETE made{number}")
    kept = [one for one in gc.get_objects() if isinstance(one, Notifications)]
    assert kept
    assert not any(one.own or one.own_subscriptions for one in kept)
    await client.close()


async def test_hints_do_not_prolong_the_time_of_a_silent_client(
    core: Core, serve: Serve[Settings], imap_settings: Settings
) -> None:
    served = serve(msgspec.structs.replace(imap_settings, idle_timeout_s=0.6))
    client = Watcher(*await served.connect())
    await watching(client)
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    archive = await folders.get(core, mailbox, "Archive")
    lines: list[bytes] = []
    for _ in range(40):
        await messages.append(core, front_ends.ACTOR, mailbox, archive.folder_id, [NewMessage(b"mail")])
        lines.append(await client._line())
        if lines[-1].startswith(b"* BYE"):
            break
        await asyncio.sleep(0.05)
    assert lines[-1] == b"* BYE Autologout; idle for too long\r\n"
    assert b"* STATUS" in lines[0]
    await client.close()


async def test_a_client_that_does_not_read_costs_no_more_than_one_that_does(
    core: Core, served: front_ends.Served
) -> None:
    """New mail waits in the store until the client takes it, and all of it is told then."""
    client = Watcher(*await served.connect())
    await client.greet(front_ends.PASSWORD)
    assert b" OK " in await client.command("NOTIFY SET (selected (MessageNew (UID BODY.PEEK[]) MessageExpunge))")
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    inbox = await folders.get(core, mailbox, "INBOX")
    large = NewMessage(b"Subject: large\r\n\r\n" + b"x" * 150_000)
    for _ in range(30):
        await messages.append(core, front_ends.ACTOR, mailbox, inbox.folder_id, [large])
        await asyncio.sleep(0.005)
    queued = served.connections[0]._transport.get_write_buffer_size()
    assert queued < 1_000_000, "what the client does not take is gathered"
    while len(client.entries) < 30 or any(entry.uid is None for entry in client.entries):
        client._apply(await client._line(), may_expunge=True)
    assert [entry.uid for entry in client.entries] == list(range(1, 31))
    await client.close()


async def test_a_store_that_does_not_answer_is_asked_again_and_nothing_passes_in_silence(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    async with front_ends.serving(replace(core, shards=shards), converse, tls_contexts[0]) as serve:
        served = serve(imap_settings)
        client, other = Watcher(*await served.connect()), Client(*await served.connect())
        await client.log_in(front_ends.PASSWORD)
        await other.log_in(front_ends.PASSWORD)
        assert b" OK " in await client.command(f"NOTIFY SET (personal {ALL})")
        down.add(list_all)
        await other.command("APPEND Archive {4+}\r\nmail")
        assert b" OK " in await client.command("NOOP")
        assert not client.known
        down.clear()
        await other.command("APPEND Sent {4+}\r\nmail")
        assert b"STATUS" in (line := await client._line()), line
        assert b'STATUS "Sent"' in await client._line()
        down.add(subscriptions)
        await other.command("CREATE lost")
        assert b" OK " in await client.command("NOOP")
        down.clear()
        await other.command("NOOP")
        assert b" OK " in await client.command("NOOP")
        assert "lost" in client.known
        assert b" OK " in await client.command("NOTIFY SET (personal (MailboxName))")
        down.add(subscriptions)
        await other.command("CREATE again")
        assert await client._line() == b"* OK [NOTIFICATIONOVERFLOW] What happened could not be told\r\n"
        down.clear()
        await client.close()
        await other.close()


async def test_new_mail_that_cannot_be_fetched_is_not_passed_over_in_silence(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Who promised it says that it will not be: NOTIFY, or a search with UPDATE where NOTIFY is not used."""
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    async with front_ends.serving(replace(core, shards=shards), converse, tls_contexts[0]) as serve:
        served = serve(imap_settings)
        client, other = Watcher(*await served.connect()), Client(*await served.connect())
        await client.greet(front_ends.PASSWORD)
        await other.log_in(front_ends.PASSWORD)
        down.add(headers)
        searching = "s SEARCH RETURN (COUNT UPDATE (BODY.PEEK[HEADER])) ALL\r\nt SEARCH RETURN (COUNT UPDATE) ALL"
        await client.command(f"NOOP\r\n{searching}")
        assert [(await client._line()).split()[0] for _ in range(4)] == [b"*", b"s", b"*", b"t"]
        await other.command("APPEND INBOX {4+}\r\nmail")
        client._writer.write(b"n NOOP\r\n")
        assert [await client._line() for _ in range(5)] == [
            b"* 1 EXISTS\r\n",
            b"* 1 RECENT\r\n",
            b'* NO [NOUPDATE "s"] New messages could not be fetched\r\n',
            b'* ESEARCH (TAG "t") ADDTO (0 1)\r\n',
            b"n OK Nothing done\r\n",
        ]
        await client.command("NOTIFY SET (selected (MessageNew (BODY.PEEK[HEADER]) MessageExpunge))")
        await other.command("APPEND INBOX {4+}\r\nmail")
        assert [await client._line() for _ in range(4)] == [
            b"* 2 EXISTS\r\n",
            b"* 2 RECENT\r\n",
            b'* ESEARCH (TAG "t") ADDTO (0 2)\r\n',
            b"* OK [NOTIFICATIONOVERFLOW] New messages could not be fetched\r\n",
        ]
        down.clear()
        await client.close()
        await other.close()
