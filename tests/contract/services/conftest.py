"""Services over both engines, with the blob store and bus of one process."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import pytest

from skrytka import mime
from skrytka.core import Core
from skrytka.extensions import Event, Extensions, Rendition
from skrytka.mime.structure import Part
from skrytka.model import MailboxId, MailboxRef, Quota, Status
from skrytka.settings import Settings
from skrytka.store.operations import shard_mailboxes
from tests.cores import open_core

if TYPE_CHECKING:
    from skrytka.store.opening import Databases

SHARD = "shard-0"


class Clock:
    """The time of the services, set by tests."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


UNLIMITED = Quota()


class MakeMailbox(Protocol):
    def __call__(self, quota: Quota = UNLIMITED, status: Status = Status.ACTIVE) -> Awaitable[MailboxRef]: ...


def subject(octets: bytes, part: Part) -> bytes:
    return mime.header_value(octets, part, "Subject") or b""


def size(octets: bytes, part: Part) -> bytes:
    return b"%d" % len(octets[part.body_start : part.end])


RENDITIONS = (
    Rendition("imap.envelope", 1, subject),
    Rendition("imap.bodystructure", 1, size),
    Rendition("preview", 1, lambda octets, part: mime.preview(octets, part).encode()),
    Rendition("test.extra", 1, lambda octets, part: b"extra " + subject(octets, part)),
)


def with_limits(core: Core, **limits: int) -> Core:
    """The same service with other limits."""
    changed = msgspec.structs.replace(core.settings.limits, **limits)
    return replace(core, settings=msgspec.structs.replace(core.settings, limits=changed))


def with_extensions(core: Core, **extensions: Sequence[Any]) -> Core:
    """The same service with other extensions."""
    changed = msgspec.structs.replace(core.extensions, **{name: tuple(given) for name, given in extensions.items()})
    return replace(core, extensions=changed)


class Listener:
    """An event listener that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def on_event(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def core(open_databases: Databases, settings: Settings, clock: Clock) -> AsyncIterator[Core]:
    """What services work with, on the engine of the test."""
    async with open_core(open_databases, settings, Extensions(renditions=RENDITIONS), clock) as core:
        yield core


@pytest.fixture
def make_mailbox(core: Core) -> MakeMailbox:
    """Makes a mailbox on a shard; the directory does not know it."""
    numbers = itertools.count(1001)

    async def make(quota: Quota = UNLIMITED, status: Status = Status.ACTIVE) -> MailboxRef:
        mailbox_id = MailboxId(next(numbers))
        new = shard_mailboxes.NewShardMailbox(mailbox_id, quota, status, 1, int(core.now()), int(core.now()))
        await core.shards[SHARD].write(shard_mailboxes.create_mailbox, new)
        return MailboxRef(mailbox_id, SHARD, f"user{mailbox_id}@example.org")

    return make
