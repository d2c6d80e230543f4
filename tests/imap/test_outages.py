"""A store that does not answer for a moment, between two commands of a session."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial

from skrytka.core import Core
from skrytka.model import AclEntry
from skrytka.services import acl, folders
from skrytka.store.operations.acl import all_shared
from skrytka.store.operations.folders import head
from skrytka.store.operations.grants import owners
from skrytka.store.operations.messages import rows
from skrytka.store.operations.metadata import last_modseq
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.contract.shards import ReadsFail
from tests.front_ends import Served
from tests.imap.client import Client
from tests.imap.test_contexts import Watching


async def test_a_uid_that_only_appenduid_told_is_not_taken_for_none(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """A client that is told OK to a COPY of nothing would delete the only mail there is."""
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])
    client = Client(*await served.connect())
    await client.greet(front_ends.PASSWORD)
    await client.command("CREATE Archive")
    down.add(head)
    stored = await client.command("APPEND INBOX {6+}\r\n\r\nmail")
    assert b"OK [APPENDUID " in stored
    assert not client.entries
    assert b" NO [UNAVAILABLE] " in await client.command("UID COPY 1 Archive")
    assert b" NO [UNAVAILABLE] " in await client.command("UID MOVE 1 Archive")
    down.clear()
    assert b" OK [COPYUID " in await client.command("UID COPY 1 Archive")
    assert len(client.entries) == 1
    await client.close()
    await served.stop()


async def test_what_changes_in_results_meanwhile_is_told_later(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """RFC 5267: a NOOP does not fail because a search that is kept up to date cannot be asked again now."""
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])
    client = Watching(*await served.connect())
    await client.greet(front_ends.PASSWORD)
    tag = await client.search("UID SEARCH RETURN (ALL UPDATE) SUBJECT x")
    down.add(rows)
    assert b" OK " in await client.command("APPEND INBOX {16+}\r\nSubject: x\r\n\r\n\r\n")
    assert b" NO [UNAVAILABLE] " in await client.command("SEARCH SUBJECT x")
    assert (len(client.entries), client.found[tag]) == (1, set())
    down.clear()
    assert b" OK " in await client.command("APPEND INBOX {16+}\r\nSubject: y\r\n\r\n\r\n")
    assert (len(client.entries), client.found[tag]) == (2, {1})
    await client.close()
    await served.stop()


async def test_folders_of_others_that_cannot_be_found_are_not_left_out_in_silence(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """A client that took them for deleted would forget them. What can be told is told, and one's own can be listed alone."""
    bob = await front_ends.mailbox(core, "bob@example.org")
    inbox = await folders.get(core, bob, "INBOX")
    await acl.replace(core, front_ends.ACTOR, bob, inbox.folder_id, [AclEntry("anyone", "lr")])
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    core = replace(core, shards=shards, directory=ReadsFail(core.directory, down))
    served = Served(partial(converse, core, imap_settings), tls_contexts[0])
    client = Client(*await served.connect())
    await client.log_in(front_ends.PASSWORD)
    assert b" OK " in await client.command('LIST "" *')
    for op in (all_shared, owners):  # of a shard, and of the directory
        down.add(op)
        assert b" NO [UNAVAILABLE] " in await client.command('LIST "" *')
        assert b" NO [UNAVAILABLE] " in await client.command('ESEARCH IN (subtree "Other users") ALL')
        assert b" OK " in await client.command('LIST "" INBOX')
        assert b" OK " in await client.command("ESEARCH IN (personal) ALL")
        down.clear()
    assert b" OK " in await client.command('LIST "" *')
    await client.close()
    await served.stop()


async def test_an_enable_that_is_refused_enables_nothing(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """A client that was not told ENABLED takes all it hears for IMAP4rev1."""
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])
    client = Client(*await served.connect())
    await client.log_in(front_ends.PASSWORD)
    down.add(last_modseq)
    assert b" NO [UNAVAILABLE] " in await client.command("ENABLE IMAP4rev2 METADATA")
    down.clear()
    assert b" OK " in await client.command("CREATE &AXs-")
    await folders.get(core, await front_ends.mailbox(core, "ann@example.org"), "Ż")  # it was modified UTF-7
    await client.close()
    await served.stop()
