"""What plugins add to the services: the types that hooks other than ``skrytka_front_ends`` return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from skrytka.mime.structure import Part
from skrytka.model import Actor, Folder, MailboxRef, MessageRow


class Rendition(msgspec.Struct, frozen=True):
    """Octets derived from a content. A stored version other than ``version`` counts as missing and is derived again.

    What few readers ask for, and costs much, need not be derived ``at_delivery``: it is on first read. One that is
    ``of_header`` is then derived of the header alone: ``derive`` gets no octets of the body.
    """

    name: str
    version: int
    derive: Callable[[bytes, Part], bytes]
    at_delivery: bool = True
    of_header: bool = False


class Authenticator(Protocol):
    async def authenticate(self, login: str, password: str, client_address: str) -> str | None:
        """The address of the mailbox, or None to let the next one decide."""


class Delivery(msgspec.Struct, frozen=True):
    """One mail on its way to one mailbox.

    ``folder`` is a name; None files by the detail of the address (``ann+lists``), else into INBOX.
    """

    sender: str
    recipient: str
    octets: bytes
    folder: str | None = None


class DeliveryFilter(Protocol):
    async def filter(self, mailbox: MailboxRef, delivery: Delivery) -> Delivery:
        """The delivery as it goes on; ``errors.Refused`` refuses it for good."""


EventKind = Literal["delivered", "appended", "flags", "expunged", "copied", "moved"]


class Event(msgspec.Struct, frozen=True):
    """What happened to messages of a mailbox, after its commit. ``uids`` are those of the last folder named."""

    kind: EventKind
    mailbox: MailboxRef
    actor: Actor
    folder_ids: tuple[int, ...]
    uids: tuple[int, ...]


class EventListener(Protocol):
    async def on_event(self, event: Event) -> None: ...


class RetentionRule(Protocol):
    def takes(self, folder: Folder, message: MessageRow, now: int) -> Literal["delete", "trash"] | None:
        """What to do with a message, None to keep it."""


class Extensions(msgspec.Struct, frozen=True):
    """Collected from the hooks at start."""

    renditions: tuple[Rendition, ...] = ()
    authenticators: tuple[Authenticator, ...] = ()
    delivery_filters: tuple[DeliveryFilter, ...] = ()
    event_listeners: tuple[EventListener, ...] = ()
    retention_rules: tuple[RetentionRule, ...] = ()
