"""A store that does not answer for a moment, between two commands of a session."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial
from typing import TypeVar

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.store.interface import Database, Op
from skrytka.store.operations.folders import head
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests import front_ends
from tests.contract.shards import Wrapped
from tests.front_ends import Served
from tests.imap.client import Client

V = TypeVar("V")
T = TypeVar("T")


class LooksFail(Wrapped):
    """While it is ``down``, a session cannot see what became of its folder."""

    def __init__(self, real: Database) -> None:
        super().__init__(real)
        self.down = False

    async def read(self, op: Op[V, T], values: V) -> T:
        if self.down and op is head:
            raise Unavailable("The shard is down")
        return await super().read(op, values)


async def test_a_uid_that_only_appenduid_told_is_not_taken_for_none(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """A client that is told OK to a COPY of nothing would delete the only mail there is."""
    shards = {name: LooksFail(shard) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])
    client = Client(*await served.connect())
    await client.greet(front_ends.PASSWORD)
    await client.command("CREATE Archive")
    for shard in shards.values():
        shard.down = True
    stored = await client.command("APPEND INBOX {6+}\r\n\r\nmail")
    assert b"OK [APPENDUID " in stored
    assert not client.entries
    assert b" NO [UNAVAILABLE] " in await client.command("UID COPY 1 Archive")
    assert b" NO [UNAVAILABLE] " in await client.command("UID MOVE 1 Archive")
    for shard in shards.values():
        shard.down = False
    assert b" OK [COPYUID " in await client.command("UID COPY 1 Archive")
    assert len(client.entries) == 1
    await client.close()
    await served.stop()
