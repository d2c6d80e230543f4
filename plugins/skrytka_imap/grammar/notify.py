"""Parser of NOTIFY."""

from __future__ import annotations

import re

import msgspec

from skrytka_imap.commands import EventGroup, FetchItem, Notify, NotifyEvent, SelectedEvents
from skrytka_imap.grammar.cursor import Cursor
from skrytka_imap.grammar.fetch import fetch_items
from skrytka_imap.grammar.sources import source

SELECTED = re.compile(rb"SELECTED(-DELAYED)?(?= )", re.IGNORECASE)
STATUS = re.compile(rb" STATUS(?= )", re.IGNORECASE)
NONE = re.compile(rb"NONE(?=\))", re.IGNORECASE)
EVENTS = {event.upper(): event for event in NotifyEvent}
ANNOTATION_CHANGE = "ANNOTATIONCHANGE"
MESSAGE_EVENTS = frozenset({"MESSAGENEW", "MESSAGEEXPUNGE", "FLAGCHANGE", ANNOTATION_CHANGE})
MOST_GROUPS = 20
MOST_EVENTS = 20


class _Events(msgspec.Struct, frozen=True):
    """``names`` are in upper case, known here or not."""

    names: frozenset[str]
    items: tuple[FetchItem, ...] = ()


def notify(cursor: Cursor) -> Notify:
    """RFC 5465 section 8.

    notify       = "NOTIFY" SP (notify-set / notify-none)
    notify-set   = "SET" [SP "STATUS"] SP event-groups
    notify-none  = "NONE"
    event-groups = event-group *(SP event-group)
    """
    cursor.space()
    word = cursor.name("SET or NONE")
    if word == "NONE":
        return Notify()
    if word != "SET":
        raise cursor.fault("NOTIFY takes SET or NONE")
    status = cursor.take(STATUS) is not None
    reading = _Groups(cursor)
    cursor.space()
    reading.group()
    while cursor.skip(b" ") and cursor.has_more():
        reading.group()
    return Notify(reading.selected, tuple(reading.groups), True, status, reading.is_supported)


class _Groups:
    """Reads the groups and keeps what they ask for."""

    def __init__(self, cursor: Cursor) -> None:
        self.selected: SelectedEvents | None = None
        self.groups: list[EventGroup] = []
        self.is_supported = True
        self._cursor = cursor
        self._count = 0
        self._names_selected = False

    def group(self) -> None:
        """event-group      = "(" filter-mailboxes SP events ")"

        filter-mailboxes = "selected" / "selected-delayed" / filter-mailboxes-other ; one of the first two at most, and once
        """
        cursor = self._cursor
        self._count += 1
        if self._count > MOST_GROUPS:
            raise cursor.fault(f"NOTIFY takes at most {MOST_GROUPS} groups")
        cursor.expect(b"(")
        if match := cursor.take(SELECTED):
            if self._names_selected:
                raise cursor.fault("SELECTED or SELECTED-DELAYED stands once")
            self._names_selected = True
            self._take_selected(_events(cursor), immediate=match[1] is None)
        else:
            of = source(cursor)
            found = _events(cursor)
            if found.items:
                raise cursor.fault("What to fetch is for the selected folder")
            if found.names:
                self.groups.append(EventGroup(of, self._known(found.names)))
        cursor.expect(b")")

    def _take_selected(self, found: _Events, *, immediate: bool) -> None:
        if found.names - MESSAGE_EVENTS:
            raise self._cursor.fault("Only events of messages are for the selected folder")
        known = self._known(found.names)
        if known:
            self.selected = SelectedEvents(immediate, NotifyEvent.FLAG_CHANGE in known, found.items)

    def _known(self, names: frozenset[str]) -> frozenset[NotifyEvent]:
        known = frozenset(EVENTS[name] for name in names if name in EVENTS)
        self.is_supported &= len(known) == len(names)
        return known


def _events(cursor: Cursor) -> _Events:
    """RFC 5465 section 8; what needs what: section 5.

    events        = "(" event *(SP event) ")" / "NONE"
    event         = message-event / mailbox-event / user-event / event-ext
    message-event = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / "MessageExpunge" / "FlagChange" / "AnnotationChange"
    event-ext     = atom
    """
    cursor.space()
    if cursor.take(NONE):
        return _Events(frozenset())
    cursor.expect(b"(")
    names: set[str] = set()
    items: tuple[FetchItem, ...] = ()
    while True:
        name = cursor.atom("an event").upper()
        names.add(name)
        if len(names) > MOST_EVENTS:
            raise cursor.fault(f"A group has at most {MOST_EVENTS} events")
        if cursor.skip(b")"):
            break
        cursor.space()
        if name == "MESSAGENEW" and cursor.peek() == b"(":
            items = tuple(fetch_items(cursor))
            if cursor.skip(b")"):
                break
            cursor.space()
    if names & MESSAGE_EVENTS and not {"MESSAGENEW", "MESSAGEEXPUNGE"} <= names:
        raise cursor.fault("MessageNew and MessageExpunge go together, and with FlagChange both")
    return _Events(frozenset(names), items)
