"""The IMAP front end at work over real services and connections, on both engines. ``ann@example.org`` has its INBOX."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from skrytka.core import Core
from skrytka.extensions import Extensions
from skrytka.model import NewMessage, Seen
from skrytka.services import collecting, folders, indexing, mailboxes, messages
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from skrytka.settings import Settings
from skrytka_imap.renditions import RENDITIONS
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings as ImapSettings
from tests import front_ends
from tests.imap.indexed_mails import Mails
from tests.issuers import Issuer
from tests.transcripts import Action

if TYPE_CHECKING:
    from skrytka.store.opening import Databases

MAILS = Path(__file__).parent / "transcripts" / "mails"
NOW = 1_800_000_000.0
"""15 January 2027, 08:00 UTC: the time of the services, so that INTERNALDATE and UIDVALIDITY can be told beforehand."""


METADATA_LIMITS = {
    "metadata_entries": 10,
    "metadata_entry_octets": 1_024,
    "metadata_name_octets": 60,
    "metadata_octets": 4_000,
}


@pytest.fixture
def clock() -> list[float]:
    """What the services take for the time, in one place."""
    return [NOW]


@pytest.fixture
async def core(
    open_databases: Databases, settings: Settings, clock: list[float], issuer: Issuer
) -> AsyncIterator[Core]:
    """Services with the mailboxes of ``front_ends.provision``."""
    limits = msgspec.structs.replace(settings.limits, message_octets=200_000, folders=20, **METADATA_LIMITS)
    small = msgspec.structs.replace(settings, limits=limits, oauth=front_ends.oauth(issuer))
    extensions = Extensions(renditions=RENDITIONS)
    async with front_ends.open_core(open_databases, small, extensions, now=lambda: clock[0]) as core:
        yield core


@pytest.fixture
def imap_settings() -> ImapSettings:
    """Settings under which tests need not wait."""
    return ImapSettings(
        login_failure_delay_s=0,
        max_login_failures=3,
        max_bad_commands=5,
        max_search_contexts=3,
        list_patterns=4,
        append_messages=4,
        append_octets=400_000,
        catenate_parts=5,
        thread_message_ids=25,
        admin_uri="mailto:postmaster@example.org",
        url_hosts=("mail.example.org",),
    )


@pytest.fixture
async def served(
    core: Core, imap_settings: ImapSettings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[front_ends.Served]:
    """The front end; ``connect`` gives a client's end."""
    served = front_ends.Served(partial(converse, core, imap_settings), tls_contexts[0])
    yield served
    await served.stop()


@pytest.fixture
def actions(
    core: Core, served: front_ends.Served, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Action]:
    """What transcripts may do besides what ``front_ends.actions`` has."""

    async def elsewhere(words: Sequence[str]) -> None:
        """``elsewhere``: clients that connect from now on are not on the loopback."""
        served.client = front_ends.ELSEWHERE

    async def limit(words: Sequence[str]) -> None:
        """``limit address octets messages``: the provider sets a quota."""
        quota = QuotaChange(storage_octets=int(words[1]), messages=int(words[2]))
        await mailboxes.put(core, front_ends.ACTOR, words[0], MailboxChange(quota=quota))

    async def make(words: Sequence[str]) -> None:
        """``make address``: the provider makes another mailbox."""
        await mailboxes.put(core, front_ends.ACTOR, words[0], MailboxChange(password=front_ends.PASSWORD))

    async def seen(words: Sequence[str]) -> None:
        """``seen address private``: those who read what it shares have a ``\\Seen`` of their own from now on."""
        await mailboxes.put(core, front_ends.ACTOR, words[0], MailboxChange(seen=Seen(words[1])))

    async def drain(words: Sequence[str]) -> None:
        """``drain``: the worker stops."""
        for connection in served.connections:
            connection.drain()

    async def ended(words: Sequence[str]) -> None:
        """``ended count``: wait until so many conversations are over."""
        for done in range(int(words[0])):
            await asyncio.wait(served.tasks[done:], return_when=asyncio.FIRST_COMPLETED)

    return {
        **front_ends.actions(core),
        **front_ends.scram_actions(core, monkeypatch),
        **_actions_of_mail(core),
        **_actions_of_time(core, clock),
        "ended": ended,
        "elsewhere": elsewhere,
        "limit": limit,
        "make": make,
        "seen": seen,
        "drain": drain,
    }


def _actions_of_time(core: Core, clock: list[float]) -> dict[str, Action]:
    async def later(words: Sequence[str]) -> None:
        """``later seconds``: so much time goes by for the services."""
        clock[0] += float(words[0])

    async def forget(words: Sequence[str]) -> None:
        """``forget address``: the log of what was expunged so far is trimmed, as after a month."""
        ref = await front_ends.mailbox(core, words[0])
        later = int(core.now()) + collecting.LOG_KEPT_S + 1
        await collecting.collect_expired(core, ref.shard, later)

    return {"later": later, "forget": forget}


def _actions_of_mail(core: Core) -> dict[str, Action]:
    async def put(words: Sequence[str]) -> None:
        """``put address folder file``: append a mail of ``mails/``, with CRLF line ends."""
        address, name, file = words
        mailbox = await front_ends.mailbox(core, address)
        folder = await folders.get(core, mailbox, name)
        octets = (MAILS / file).read_bytes().replace(b"\n", b"\r\n")
        await messages.append(core, front_ends.ACTOR, mailbox, folder.folder_id, [NewMessage(octets)])

    async def grow(words: Sequence[str]) -> None:
        """``grow address folder octets``: append a mail of so many octets."""
        mailbox = await front_ends.mailbox(core, words[0])
        folder = await folders.get(core, mailbox, words[1])
        octets = b"\r\n".ljust(int(words[2]), b"x")
        await messages.append(core, front_ends.ACTOR, mailbox, folder.folder_id, [NewMessage(octets)])

    async def fill(words: Sequence[str]) -> None:
        """``fill address count``: append so many small mails to the INBOX."""
        mailbox = await front_ends.mailbox(core, words[0])
        inbox = await folders.get(core, mailbox, "INBOX")
        left = int(words[1])
        while left:
            together = min(left, 1_000)
            mails = [NewMessage(b"mail\r\n")] * together
            await messages.append(core, front_ends.ACTOR, mailbox, inbox.folder_id, mails)
            left -= together

    async def index(words: Sequence[str]) -> None:
        """``index``: the background work brings the search index up to date."""
        assert await indexing.index_all(core, 1)

    return {"put": put, "grow": grow, "fill": fill, "index": index}


@pytest.fixture
async def mails(core: Core) -> Mails:
    """The INBOX of ann, with segments of four mails at most."""
    search = msgspec.structs.replace(core.settings.search, segment_messages=4, segment_octets=4_000, text_octets=2_000)
    core = replace(core, settings=msgspec.structs.replace(core.settings, search=search))
    mailbox = await front_ends.mailbox(core, "ann@example.org")
    return Mails(core, mailbox, (await folders.get(core, mailbox, "INBOX")).folder_id)
