"""What a FETCH needs of each mail, worked out once for the command, and how its items are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from skrytka.plugin_api import Part, contents, model
from skrytka_imap import decoded, responses, sections
from skrytka_imap.body import body_from
from skrytka_imap.commands import (
    BinarySection,
    BinarySize,
    BodySection,
    EmailId,
    Fetch,
    FetchAttribute,
    FetchItem,
    Partial,
    Section,
)
from skrytka_imap.object_ids import email_id
from skrytka_imap.renditions import BODYSTRUCTURE, ENVELOPE, NO_ENVELOPE, PREVIEW, opaque_structure

VIEW_ITEMS = frozenset({FetchAttribute.UID, FetchAttribute.FLAGS, FetchAttribute.MODSEQ})

RENDITIONS = {
    FetchAttribute.ENVELOPE: ENVELOPE,
    FetchAttribute.BODYSTRUCTURE: BODYSTRUCTURE,
    FetchAttribute.BODY: BODYSTRUCTURE,
    FetchAttribute.PREVIEW: PREVIEW,
    FetchAttribute.PREVIEW_LAZY: PREVIEW,
}


class Mail(msgspec.Struct, frozen=True):
    """One message, with as much of its mail as the plan needs."""

    row: model.MessageRow
    renditions: tuple[bytes | None, ...]
    header: bytes | None
    octets: bytes | None
    part: Part | None


Writer = Callable[[Mail], bytes]


class Cut(msgspec.Struct, frozen=True):
    """A section, cut from the cheapest thing at hand."""

    label: bytes
    section: Section
    partial: Partial | None
    needed: sections.Needs

    def octets_of(self, mail: Mail) -> bytes | None:
        """None for a part that the mail does not have."""
        if self.needed is sections.Needs.HEADER and mail.header is not None:
            return sections.extract_from_header(mail.header, self.section, self.partial)
        assert mail.octets is not None, "the plan reads what its sections need"
        if self.needed is sections.Needs.OCTETS:
            return sections.cut(mail.octets, self.partial)
        assert mail.part is not None, "the plan reads what its sections need"
        return sections.extract(mail.octets, mail.part, self.section, self.partial)

    def work_octets(self, mail: Mail) -> int:
        """How much has to be looked at; a slice is no work."""
        if not self.section.fields:
            return 0
        return len(mail.header or mail.octets or b"")

    def head(self, octets: bytes | None) -> bytes:
        """What goes before the octets."""
        return responses.literal_head(self.label, octets)

    def item(self, mail: Mail) -> bytes:
        """All of it, for what is small."""
        octets = self.octets_of(mail)
        return self.head(octets) + (octets or b"")


class Decode(msgspec.Struct, frozen=True):
    """A part without its encoding."""

    item: BinarySection

    def octets_of(self, mail: Mail) -> bytes | None:
        """None for a part that the mail does not have."""
        octets = _decoded(mail, self.item)
        return None if octets is None else sections.cut(octets, self.item.partial)

    def work_octets(self, mail: Mail) -> int:
        return len(mail.octets or b"")

    def head(self, octets: bytes | None) -> bytes:
        return responses.literal8_head(decoded.label(self.item), octets)


class Plan(msgspec.Struct, frozen=True):
    """``writers`` are the items in the client's order: None for what the view has.

    ``renditions`` are the names to read, each once: ENVELOPE first, PREVIEW behind it, BODYSTRUCTURE last; ``if_stored`` those
    of them that are not worth waiting for. ``after_change`` is what tells that the command itself changed the flags (RFC 3501,
    6.4.5; UID and MODSEQ: RFC 7162 section 3.2.4). ``decodes`` are the items whose parts must have an encoding that is known.
    """

    items: frozenset[FetchItem]
    writers: tuple[tuple[FetchItem, Writer | Cut | Decode | None], ...]
    renditions: tuple[str, ...]
    if_stored: tuple[str, ...]
    after_change: tuple[FetchAttribute, ...]
    decodes: tuple[BinarySection | BinarySize, ...]
    needs_headers: bool
    needs_octets: bool
    needs_parts: bool

    @property
    def needs_only_view(self) -> bool:
        """Whether the lines can be written without reading anything."""
        return VIEW_ITEMS.issuperset(self.items)

    @property
    def needs_only_rows(self) -> bool:
        """Whether rows and renditions have all, as they are to be sent."""
        return not (self.needs_headers or self.needs_octets or FetchAttribute.BODY in self.items)

    @property
    def cuts(self) -> int:
        """How many items are sections."""
        return sum(isinstance(writer, Cut) for _, writer in self.writers)

    @property
    def needs_only_headers(self) -> bool:
        """Whether headers, rows and renditions have all, and making BODY is not among the work."""
        return self.needs_headers and FetchAttribute.BODY not in self.items

    @property
    def reads_mails(self) -> bool:
        """Whether whole mails are all that has to be read: they come with their rows."""
        return self.needs_octets and not self.renditions

    @property
    def with_uid(self) -> bool:
        return FetchAttribute.UID in self.items

    @property
    def with_modseq(self) -> bool:
        return FetchAttribute.MODSEQ in self.items


MOST_KEPT_ITEMS = 16


def plan_of(command: Fetch, mailbox_id: model.MailboxId, *, condstore: bool) -> Plan:
    """Plans are kept where they are small: what names many header fields is asked for many messages at a time."""
    items = command.items
    if FetchAttribute.EMAILID in items:
        of_mailbox = EmailId(mailbox_id)
        items = tuple(of_mailbox if item is FetchAttribute.EMAILID else item for item in items)
    small = len(items) <= MOST_KEPT_ITEMS and not any(
        isinstance(item, BodySection) and item.section.fields for item in items
    )
    return _kept_plan(items, condstore) if small else _plan(items, condstore)


def _plan(items: tuple[FetchItem, ...], condstore: bool) -> Plan:
    """Headers are read apart only where no item needs the whole mail."""
    needs = {sections.needs(section) for item in items if (section := sections.section_of(item)) is not None}
    decodes = tuple(item for item in items if isinstance(item, BinarySection | BinarySize))
    if decodes:
        needs.add(sections.Needs.PARTS)
    needs_octets = bool(needs - {sections.Needs.HEADER})
    asked = {RENDITIONS[item] for item in items if item in RENDITIONS}
    if PREVIEW in asked:
        asked.add(ENVELOPE)  # so that each has its place
    renditions = tuple(name for name in (ENVELOPE, PREVIEW, BODYSTRUCTURE) if name in asked)
    needed = {RENDITIONS[item] for item in items if item in RENDITIONS and item is not FetchAttribute.PREVIEW_LAZY}
    if_stored = tuple(name for name in renditions if name not in needed)
    after_change = (
        (FetchAttribute.UID, FetchAttribute.FLAGS, FetchAttribute.MODSEQ) if condstore else (FetchAttribute.FLAGS,)
    )
    return Plan(
        frozenset(items),
        tuple((item, _writer(item)) for item in items),
        renditions,
        if_stored,
        tuple(item for item in after_change if item not in items),
        decodes=decodes,
        needs_headers=bool(needs) and not needs_octets,
        needs_octets=needs_octets,
        needs_parts=needs_octets and needs != {sections.Needs.OCTETS},
    )


_kept_plan = lru_cache(256)(_plan)


def _writer(item: FetchItem) -> Writer | Cut | Decode | None:
    """How to write an item of a mail."""
    if item in VIEW_ITEMS:
        return None
    if isinstance(item, BinarySection):
        return Decode(item)
    if isinstance(item, BinarySize):
        return lambda mail: b"%b %d" % (decoded.label(item), len(_decoded(mail, item) or b""))
    section = sections.section_of(item)
    if section is None:
        return row_item(item).of
    return Cut(sections.label(item), section, sections.partial_of(item), sections.needs(section))


def _decoded(mail: Mail, item: BinarySection | BinarySize) -> bytes | None:
    assert mail.octets is not None, "the plan reads what its sections need"
    assert mail.part is not None, "the plan reads what its sections need"
    return decoded.decoded(mail.octets, mail.part, item.part)


def _envelope(mail: Mail | contents.Listing) -> bytes:
    """One that could not be derived, which is a bug that was logged, must not keep a client from its folder."""
    return mail.renditions[0] or NO_ENVELOPE


def _preview(mail: Mail | contents.Listing) -> bytes:
    """RFC 8970 section 6: nstring ; NIL where it is not at hand, empty where there is no text."""
    return responses.nstring(mail.renditions[1])


def _structure(mail: Mail | contents.Listing) -> bytes:
    return mail.renditions[-1] or opaque_structure(mail.row.size_octets)


class RowItem(msgspec.Struct, frozen=True):
    """An item that rows and renditions have: as it is formatted, and its value."""

    form: bytes
    value_of: Callable[[Mail | contents.Listing], object]

    def of(self, mail: Mail) -> bytes:
        return self.form % self.value_of(mail)


ROW_ITEMS: dict[FetchItem, RowItem] = {
    FetchAttribute.INTERNALDATE: RowItem(
        responses.DATE_ITEM, lambda mail: responses.internal_date(mail.row.internal_date)
    ),
    FetchAttribute.SAVEDATE: RowItem(responses.SAVE_DATE_ITEM, lambda mail: responses.internal_date(mail.row.saved_at)),
    FetchAttribute.RFC822_SIZE: RowItem(responses.SIZE_ITEM, lambda mail: mail.row.size_octets),
    FetchAttribute.ENVELOPE: RowItem(responses.ENVELOPE_ITEM, _envelope),
    FetchAttribute.BODYSTRUCTURE: RowItem(responses.BODYSTRUCTURE_ITEM, _structure),
    FetchAttribute.THREADID: RowItem(responses.THREADID_ITEM, lambda _: b"NIL"),
    FetchAttribute.PREVIEW: RowItem(responses.PREVIEW_ITEM, _preview),
    FetchAttribute.PREVIEW_LAZY: RowItem(responses.PREVIEW_ITEM, _preview),
    FetchAttribute.BODY: RowItem(responses.BODY_ITEM, lambda mail: body_from(_structure(mail))),
}


def row_item(item: FetchItem) -> RowItem:
    """How an item is written that is no section and not in the view."""
    if isinstance(item, EmailId):
        mailbox = item.mailbox_id
        return RowItem(responses.EMAILID_ITEM, lambda mail: email_id(mailbox, mail.row.content_id))
    return ROW_ITEMS[item]
