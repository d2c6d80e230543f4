"""NOTIFY (RFC 5465)."""

from __future__ import annotations

import enum

import msgspec

from skrytka_imap.commands.fetch import FetchItem
from skrytka_imap.commands.sources import Source


class NotifyEvent(enum.StrEnum):
    """RFC 5465 section 5, without AnnotationChange: messages have no annotations here."""

    MESSAGE_NEW = "MessageNew"
    MESSAGE_EXPUNGE = "MessageExpunge"
    FLAG_CHANGE = "FlagChange"
    MAILBOX_NAME = "MailboxName"
    SUBSCRIPTION_CHANGE = "SubscriptionChange"
    MAILBOX_METADATA_CHANGE = "MailboxMetadataChange"
    SERVER_METADATA_CHANGE = "ServerMetadataChange"


class SelectedEvents(msgspec.Struct, frozen=True):
    """What is told of the selected folder: always MessageNew and MessageExpunge, which goes at any time if ``immediate``
    (SELECTED, not SELECTED-DELAYED); ``items`` are fetched of each new message."""

    immediate: bool
    flags: bool = False
    items: tuple[FetchItem, ...] = ()


class EventGroup(msgspec.Struct, frozen=True):
    """What is told of other folders."""

    source: Source
    events: frozenset[NotifyEvent]


class Notify(msgspec.Struct, frozen=True):
    """NOTIFY SET, or NOTIFY NONE: without anything. ``is_supported``: no event was asked for that never happens here."""

    selected: SelectedEvents | None = None
    groups: tuple[EventGroup, ...] = ()
    sets: bool = False
    status: bool = False
    is_supported: bool = True
