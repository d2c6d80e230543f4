"""Serves a front end to a test: real services, real connections (over a socket pair), the test's settings.

``Served.connect`` is what ``tests.transcripts.replay`` connects with. A client is the loopback's unless the test says that it
comes from elsewhere without TLS.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import msgspec
import pytest

from skrytka.connections.connection import Client, ClientConnection
from skrytka.connections.interface import Connection, Listener
from skrytka.core import Core
from skrytka.extensions import Extensions
from skrytka.model import AclEntry, Actor, Flags, MailboxRef, Namespace, NewMessage, Status, Uid
from skrytka.sasl import scram
from skrytka.services import acl, aliases, contents, domains, folders, inflight, mailboxes, messages, verifiers
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from skrytka.settings import OAuth, Settings
from skrytka.store.opening import Databases
from skrytka.store.operations import credentials
from skrytka.store.operations.credentials import Verifiers, VerifiersAdd
from skrytka.store.operations.routes import Address
from tests import cores, issuers
from tests.transcripts import Action

ACTOR = Actor("test", "cli")
LOOPBACK = Client("127.0.0.1", True)
ELSEWHERE = Client("192.0.2.1", False)
PASSWORD = "open sesame"


@asynccontextmanager
async def open_core(
    databases: Databases,
    settings: Settings,
    extensions: Extensions | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncIterator[Core]:
    """A core with ann and the others, see ``provision``. Their SCRAM keys are as cheap as they may be."""
    quick = msgspec.structs.replace(settings, auth=msgspec.structs.replace(settings.auth, scram_iterations=4_096))
    async with cores.open_core(databases, quick, extensions, now) as core:
        await provision(core)
        yield core


S = TypeVar("S")
Serve = Callable[[S], "Served"]


@asynccontextmanager
async def serving(
    core: Core, converse: Callable[[Core, S, Connection], Awaitable[None]], tls: ssl.SSLContext
) -> AsyncIterator[Serve[S]]:
    """Call what it gives with settings for a served front end; all are stopped at the end."""
    started: list[Served] = []

    def start(settings: S) -> Served:
        started.append(Served(partial(converse, core, settings), tls))
        return started[-1]

    yield start
    for served in started:
        await served.stop()


class Served:
    """A front end at work; ``tasks`` are its conversations, ``connections`` the server's ends of theirs."""

    def __init__(self, converse: Callable[[Connection], Awaitable[None]], tls: ssl.SSLContext) -> None:
        self._converse = converse
        self._tls = tls
        self.client = LOOPBACK
        self.connections: list[ClientConnection] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        connection = await self._accept(ours, tls=False)
        self.tasks.append(asyncio.create_task(self._serve(connection)))
        return await asyncio.open_connection(sock=theirs)

    async def connect_tls(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To a port that speaks TLS from the beginning: the next thing is the client's handshake."""
        ours, theirs = socket.socketpair()
        self.tasks.append(asyncio.create_task(self._serve_tls(ours)))
        return await asyncio.open_connection(sock=theirs)

    async def _accept(self, ours: socket.socket, *, tls: bool) -> ClientConnection:
        ours.setblocking(False)
        listener = Listener("test.listen", "127.0.0.1:1", tls=tls)
        connection = ClientConnection(listener, self.client, self._tls)
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection, ours, ssl=self._tls if tls else None
        )
        self.connections.append(connection)
        return connection

    async def _serve_tls(self, ours: socket.socket) -> None:
        await self._serve(await self._accept(ours, tls=True))

    async def _serve(self, connection: ClientConnection) -> None:
        try:
            await self._converse(connection)
        finally:
            await connection.close()

    async def ended(self, _words: Sequence[str] = ()) -> None:
        """Wait until every conversation whose client has gone is over."""
        await asyncio.gather(*self.tasks)

    async def stop(self) -> None:
        for connection in self.connections:
            connection.abort()
        await self.ended()


async def provision(core: Core) -> None:
    """``ann`` with an alias, ``bob``, one with an UTF-8 address and password, a full one and a suspended one."""
    await domains.put(core, ACTOR, "example.org")
    password = MailboxChange(password=PASSWORD)
    await mailboxes.put(core, ACTOR, "ann@example.org", password)
    await aliases.put(core, ACTOR, "ann@example.org", "alias@example.org")
    await mailboxes.put(core, ACTOR, "bob@example.org", password)
    await mailboxes.put(core, ACTOR, "jaźń@example.org", MailboxChange(password="zażółć gęślą"))
    await mailboxes.put(core, ACTOR, "full@example.org", MailboxChange(quota=QuotaChange(messages=0)))
    await mailboxes.put(core, ACTOR, "sue@example.org", MailboxChange(password=PASSWORD, status=Status.SUSPENDED))


def actions(core: Core) -> dict[str, Action]:
    """What transcripts may do and check on the side; ``text`` is unescaped and may hold blanks.

    ``append address text``, ``expunge address uid``, ``stored address count``, ``starts address uid text``, ``ends ...``,
    ``suspend address``, ``suspend_domain name``, ``delete_mailbox address``, ``namespace address name`` (the mailbox is made if
    it is not there), ``share address folder identifier rights`` (and with nobody else), ``reserve octets`` (other mails on their
    way in leave room for so many), ``held octets`` (so many are on their way in now).
    """

    async def append(words: Sequence[str]) -> None:
        ref = await mailbox(core, words[0])
        inbox = await folders.get(core, ref, "INBOX")
        await messages.append(core, ACTOR, ref, inbox.folder_id, [NewMessage(_octets(words[1:]), Flags.NONE)])

    async def expunge(words: Sequence[str]) -> None:
        ref = await mailbox(core, words[0])
        inbox = await folders.get(core, ref, "INBOX")
        await messages.expunge(core, ACTOR, ref, inbox.folder_id, [Uid(int(words[1]))], deleted_only=False)

    async def stored(words: Sequence[str]) -> None:
        inbox = await folders.get(core, await mailbox(core, words[0]), "INBOX")
        assert inbox.messages == int(words[1])

    async def starts(words: Sequence[str]) -> None:
        mail = await inbox_mail(core, words[0], int(words[1]))
        assert mail[: len(_octets(words[2:]))] == _octets(words[2:])

    async def ends(words: Sequence[str]) -> None:
        mail = await inbox_mail(core, words[0], int(words[1]))
        assert mail[-len(_octets(words[2:])) :] == _octets(words[2:])

    return {
        "append": append,
        "expunge": expunge,
        "stored": stored,
        "starts": starts,
        "ends": ends,
        **provider_actions(core),
    }


def provider_actions(core: Core) -> dict[str, Action]:
    """What happens to the mailbox, and to the process, from outside."""

    async def suspend(words: Sequence[str]) -> None:
        await mailboxes.put(core, ACTOR, words[0], MailboxChange(status=Status.SUSPENDED))

    async def suspend_domain(words: Sequence[str]) -> None:
        await domains.put(core, ACTOR, words[0], Status.SUSPENDED)

    async def delete_mailbox(words: Sequence[str]) -> None:
        await mailboxes.delete(core, ACTOR, words[0])

    async def namespace(words: Sequence[str]) -> None:
        await mailboxes.put(core, ACTOR, words[0], MailboxChange(namespace=Namespace(words[1])))

    async def share(words: Sequence[str]) -> None:
        owner = await mailbox(core, words[0])
        folder = await folders.get(core, owner, words[1])
        await acl.replace(core, ACTOR, owner, folder.folder_id, [AclEntry(*words[2:])] if words[2:] else [])

    async def reserve(words: Sequence[str]) -> None:
        leave = int(words[0])
        assert inflight.reserve(core, core.settings.limits.inflight_octets - inflight.held(core) - leave)

    async def held(words: Sequence[str]) -> None:
        assert inflight.held(core) == int(words[0])

    return {
        "suspend": suspend,
        "suspend_domain": suspend_domain,
        "delete_mailbox": delete_mailbox,
        "namespace": namespace,
        "share": share,
        "reserve": reserve,
        "held": held,
    }


def oauth(issuer: issuers.Issuer) -> OAuth:
    """How the front ends check the tokens of transcripts."""
    return issuer.by_keys(scope="mail", discovery_url="https://id.example.org/.well-known/openid-configuration")


def scram_actions(core: Core, monkeypatch: pytest.MonkeyPatch) -> dict[str, Action]:
    """What makes SCRAM the same each time: ``salt address base64`` of its keys, ``nonce text`` of the server."""

    async def salt(words: Sequence[str]) -> None:
        found = await core.directory.read(credentials.find, Address(words[0], words[0].partition("@")[2]))
        assert found is not None
        assert found.argon2id is not None
        keys = verifiers.scram_keys(PASSWORD, 4_096, base64.b64decode(words[1]))
        added = VerifiersAdd(found.target.mailbox.mailbox_id, found.version, Verifiers(found.argon2id, keys))
        await core.directory.write(credentials.add_verifiers, added)

    async def nonce(words: Sequence[str]) -> None:
        monkeypatch.setattr(scram, "make_nonce", lambda: words[0])

    return {"salt": salt, "nonce": nonce}


async def mailbox(core: Core, address: str) -> MailboxRef:
    return (await mailboxes.get(core, address)).ref


async def inbox_mail(core: Core, address: str, uid: int) -> bytes:
    """The octets of a message in INBOX."""
    ref = await mailbox(core, address)
    inbox = await folders.get(core, ref, "INBOX")
    row = await messages.row(core, ref, inbox.folder_id, Uid(uid))
    return await contents.octets(core, ref, row.content_id)


def _octets(words: Sequence[str]) -> bytes:
    """Words with Python escapes as octets."""
    return " ".join(words).encode("ascii").decode("unicode_escape").encode("latin-1")
