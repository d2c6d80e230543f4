"""NOTIFY of folders of others: when hints are lost, at its limits, while a store does not answer, and under concurrency."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from skrytka.bus.local import LocalBus
from skrytka.bus.opening import open_bus
from skrytka.core import Core
from skrytka.model import AclEntry, MailboxRef, Namespace, NewMessage
from skrytka.services import acl, folders, mailboxes, messages
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Bus
from skrytka.store.operations.acl import all_shared
from skrytka.store.operations.grants import owners
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.contract.shards import ReadsFail
from tests.front_ends import Serve
from tests.imap.client import Client
from tests.imap.test_notifications import Watcher

ANN = "Other users/ann@example.org"
WATCH = 'NOTIFY SET (subtree "Other users" (MailboxName MessageNew MessageExpunge))'
ACTS = 40
RIGHTS = ("lr", "lrs", '""')


class Bob(Watcher):
    """``bob@example.org``, who only listens."""

    async def log_in(self, password: str) -> None:
        await self._line()
        await self.command(f'LOGIN bob@example.org "{password}"')


@pytest.fixture
async def serve(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Serve[Settings]]:
    async with front_ends.serving(core, converse, tls_contexts[0]) as start:
        yield start


@pytest.fixture
async def ann(core: Core) -> MailboxRef:
    return await front_ends.mailbox(core, "ann@example.org")


async def share(core: Core, owner: MailboxRef, name: str, *entries: tuple[str, str]) -> None:
    folder = await folders.get(core, owner, name)
    wanted = [AclEntry(identifier, rights) for identifier, rights in entries]
    await acl.replace(core, front_ends.ACTOR, owner, folder.folder_id, wanted)


async def deliver(core: Core, owner: MailboxRef, name: str) -> None:
    folder = await folders.get(core, owner, name)
    await messages.append(core, front_ends.ACTOR, owner, folder.folder_id, [NewMessage(b"mail")])


async def logged_in(served: front_ends.Served) -> Bob:
    client = Bob(*await served.connect())
    await client.log_in(front_ends.PASSWORD)
    return client


def is_watched(core: Core, mailbox: MailboxRef) -> bool:
    assert isinstance(core.bus, LocalBus)
    return mailbox.mailbox_id in core.bus._watchers


async def test_lost_hints_cost_time_and_no_event(
    core: Core,
    ann: MailboxRef,
    imap_settings: Settings,
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    tmp_path: Path,
) -> None:
    """The session is on a bus of its own, where it hears of nothing that others do."""
    settings = msgspec.structs.replace(core.settings, data_dir=str(tmp_path), bus=Bus(poll_interval_s=0.1))
    deaf = replace(core, bus=await open_bus(settings))
    async with front_ends.serving(deaf, converse, tls_contexts[0]) as serve:
        client = await logged_in(serve(imap_settings))
        await share(core, ann, "INBOX", ("anyone", "lr"))
        assert b" OK " in await client.command(WATCH)
        await deliver(core, ann, "INBOX")
        assert await client._line() == b'* STATUS "%b/INBOX" (MESSAGES 1 UIDNEXT 2)\r\n' % ANN.encode()
        await share(core, ann, "INBOX")
        assert b"NonExistent" in await client._line()
        assert await client._line() == b'* LIST (\\NonExistent \\HasNoChildren) "/" "%b/INBOX"\r\n' % ANN.encode()
        await share(core, ann, "Sent", ("anyone", "lr"))
        assert b"NonExistent" in await client._line()
        assert await client._line() == b'* LIST (\\HasNoChildren) "/" "%b/Sent"\r\n' % ANN.encode()
        await client.close()
    await deaf.bus.close()


async def test_who_gets_rights_hears_so_at_once_whatever_was_watched_before(
    core: Core, ann: MailboxRef, serve: Serve[Settings], imap_settings: Settings
) -> None:
    """The poll of this bus comes in a minute."""
    client = await logged_in(serve(imap_settings))
    assert b" OK " in await client.command(WATCH)
    assert not is_watched(core, ann)
    await share(core, ann, "Sent", ("bob@example.org", "lr"))
    assert b'"Other users/ann@example.org"' in await client._line()
    assert b'"Other users/ann@example.org/Sent"' in await client._line()
    assert is_watched(core, ann)
    await client.close()


async def test_nobody_is_watched_longer_than_a_session_wants(
    core: Core, ann: MailboxRef, serve: Serve[Settings], imap_settings: Settings
) -> None:
    await share(core, ann, "INBOX", ("bob@example.org", "lr"))
    await share(core, await front_ends.mailbox(core, "jaźń@example.org"), "INBOX", ("bob@example.org", "lr"))
    served = serve(msgspec.structs.replace(imap_settings, notify_folders=3))
    client = await logged_in(served)
    for ends in (
        "NOTIFY NONE",
        "NOTIFY SET (inboxes (MailboxName))",
        'NOTIFY SET (mailboxes "Other users/ja&AXoBRA-@example.org/INBOX" (MailboxName))',
        'NOTIFY SET (subtree ("Other" "Shared" "Other users/ann") (MailboxName))',
        "UNAUTHENTICATE",
    ):
        assert b" OK " in await client.command(f'NOTIFY SET (mailboxes "{ANN}/Sent" (MailboxName))'), ends
        assert is_watched(core, ann)
        assert b" OK " in await client.command(ends)
        assert not is_watched(core, ann), ends
    await client.command(f'LOGIN bob@example.org "{front_ends.PASSWORD}"')
    assert b" OK " in await client.command(WATCH)
    for name in ("Archive", "Drafts"):
        await share(core, ann, name, ("bob@example.org", "lr"))
    while (line := await client._line()) != b"* OK [NOTIFICATIONOVERFLOW] Too many folders to watch\r\n":
        assert b"* LIST" in line
    await client.command("NOOP")
    assert not is_watched(core, ann)
    await share(core, ann, "Archive")
    await share(core, ann, "Drafts")
    assert b" OK " in await client.command(WATCH)
    assert is_watched(core, ann)
    await client.close()
    await served.ended()
    assert not is_watched(core, ann)


async def test_folders_of_others_count_among_those_that_may_be_watched(
    core: Core, ann: MailboxRef, serve: Serve[Settings], imap_settings: Settings
) -> None:
    """What is refused leaves what was told before, and whom it watches."""
    for name in ("INBOX", "Archive", "Drafts"):
        await share(core, ann, name, ("bob@example.org", "lr"))
    served = serve(msgspec.structs.replace(imap_settings, notify_folders=2, max_shared_folders=4))
    client = await logged_in(served)
    too_many = b" NO [NOTIFICATIONOVERFLOW] At most 2 folders can be watched"
    assert too_many in await client.command(WATCH)
    assert not is_watched(core, ann)
    assert too_many in await client.command(f'NOTIFY SET (inboxes (MailboxName)) (subtree "{ANN}" (MailboxName))')
    named = f'(mailboxes ("{ANN}/INBOX" "{ANN}/Sent") (MessageNew MessageExpunge))'
    assert b" OK " in await client.command(f"NOTIFY SET {named}")
    assert too_many in await client.command("NOTIFY SET (personal (MailboxName))")
    await deliver(core, ann, "INBOX")
    assert await client._line() == b'* STATUS "%b/INBOX" (MESSAGES 1 UIDNEXT 2)\r\n' % ANN.encode()
    # more than are looked at
    for name in ("Junk", "Sent"):
        await share(core, ann, name, ("bob@example.org", "lr"))
    assert await client._line() == b"* OK [NOTIFICATIONOVERFLOW] Too many folders to watch\r\n"
    assert too_many in await client.command(f"NOTIFY SET {named}")
    await deliver(core, ann, "INBOX")
    assert b" OK " in await client.command("NOOP")
    # and more mailboxes than may be watched
    for name in ("Archive", "Drafts", "INBOX", "Junk", "Sent"):
        await share(core, ann, name)
    for number in range(3):
        address = f"u{number}@example.org"
        await mailboxes.put(core, front_ends.ACTOR, address, MailboxChange(namespace=Namespace.SHARED))
        await share(core, await front_ends.mailbox(core, address), "Sent", ("bob@example.org", "l"))
    assert too_many in await client.command("NOTIFY SET (subtree Shared (MailboxName))")
    await client.close()


async def test_what_others_share_waits_for_their_store_and_nobody_else_does(
    core: Core, ann: MailboxRef, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    await share(core, ann, "INBOX", ("bob@example.org", "lr"))
    bob = await front_ends.mailbox(core, "bob@example.org")
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    failing = replace(core, shards=shards, directory=ReadsFail(core.directory, down))
    async with front_ends.serving(failing, converse, tls_contexts[0]) as serve:
        client = await logged_in(serve(imap_settings))
        watch = f"{WATCH} (inboxes (MessageNew MessageExpunge))"
        for number, op in enumerate((all_shared, owners), 1):
            assert b" OK " in await client.command(watch)
            down.add(op)
            assert b" NO [UNAVAILABLE] " in await client.command(WATCH)
            await deliver(core, ann, "INBOX")
            await deliver(core, bob, "INBOX")
            assert await client._line() == b'* STATUS "INBOX" (MESSAGES %d UIDNEXT %d)\r\n' % (number, number + 1)
            assert b" OK " in await client.command("NOOP")
            assert not client.known
            down.clear()
            client._writer.write(b"x NOOP\r\n")
            told = b'* STATUS "%b/INBOX" (MESSAGES %d UIDNEXT %d)\r\n' % (ANN.encode(), number, number + 1)
            assert await client._line() == told
            assert b"x OK" in await client._line()
        await client.close()


def counters(client: Watcher) -> dict[str, tuple[int, int]]:
    return {name: (told["MESSAGES"], told["UIDNEXT"]) for name, told in client.known.items()}


async def act(client: Client, rolled: random.Random) -> None:
    """The owner makes, renames, deletes and shares folders, and puts mail into them."""
    one, other = (f"{rolled.choice('AB')}{rolled.choice(['', '/x'])}" for _ in range(2))
    await client.command(
        rolled.choice(
            [
                f"CREATE {one}",
                f"DELETE {one}",
                f"RENAME {one} {other}",
                f"APPEND {one} {{4+}}\r\nmail",
                f"UID COPY 1 {one}",
                f"SETACL {one} bob@example.org {rolled.choice(RIGHTS)}",
                f"SETACL {one} anyone lr",
                f"DELETEACL {one} anyone",
            ]
        )
    )


async def test_who_only_listens_knows_in_the_end_what_others_share(core: Core, served: front_ends.Served) -> None:
    client, seeing = await logged_in(served), await logged_in(served)
    assert b" OK " in await client.command(WATCH)
    listening = asyncio.create_task(client.listen())
    writers = [Client(*await served.connect()) for _ in range(2)]
    for number, writer in enumerate(writers):
        await writer.greet(front_ends.PASSWORD)
        await writer.command(f"SETACL {'Sent' if number else 'INBOX'} bob@example.org lr")
    rolls = [random.Random(number) for number in range(2)]

    async def write(writer: Client, rolled: random.Random) -> None:
        for _ in range(ACTS):
            await act(writer, rolled)

    await asyncio.gather(*(write(writer, rolled) for writer, rolled in zip(writers, rolls, strict=True)))
    for name in ("A", "B/x"):
        await writers[0].command(f"CREATE {name}")
        await writers[0].command(f"SETACL {name} bob@example.org lr")
    await seeing.command('LIST "" "Other users/*/*" RETURN (STATUS (MESSAGES UIDNEXT))')
    assert len(seeing.known) > 3
    async with asyncio.timeout(10):
        while counters(client) != counters(seeing):
            assert not listening.done(), listening.exception()
            await asyncio.sleep(0.05)
    listening.cancel()
    for one in (client, seeing, *writers):
        await one.close()
