"""What a FETCH needs of each mail, worked out once for the command, and how its items are written."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from skrytka.plugin_api import Part, model
from skrytka_imap import responses, sections
from skrytka_imap.body import body_from
from skrytka_imap.commands import Fetch, FetchAttribute, FetchItem
from skrytka_imap.renditions import BODYSTRUCTURE, ENVELOPE, NO_ENVELOPE, opaque_structure

VIEW_ITEMS = frozenset({FetchAttribute.UID, FetchAttribute.FLAGS, FetchAttribute.MODSEQ})

RENDITIONS = {
    FetchAttribute.ENVELOPE: ENVELOPE,
    FetchAttribute.BODYSTRUCTURE: BODYSTRUCTURE,
    FetchAttribute.BODY: BODYSTRUCTURE,
}


class Mail(msgspec.Struct, frozen=True):
    """One message, with as much of its mail as the plan needs."""

    row: model.MessageRow
    renditions: tuple[bytes, ...]
    header: bytes | None
    octets: bytes | None
    part: Part | None


class Plan(msgspec.Struct, frozen=True):
    """``items`` in the client's order; ``renditions`` are the names to read, each once."""

    items: tuple[FetchItem, ...]
    renditions: tuple[str, ...]
    writers: dict[FetchItem, Callable[[Mail], bytes]]
    needs_headers: bool
    needs_octets: bool
    needs_parts: bool
    condstore: bool

    @property
    def needs_only_view(self) -> bool:
        """Whether the lines can be written without reading anything."""
        return VIEW_ITEMS.issuperset(self.items)

    @property
    def with_uid(self) -> bool:
        return FetchAttribute.UID in self.items

    @property
    def with_modseq(self) -> bool:
        return FetchAttribute.MODSEQ in self.items

    def render(self, item: FetchItem, mail: Mail) -> bytes:
        """The item of one mail, but for those that come from the view."""
        return self.writers[item](mail)

    def after_change(self, flags: int, keywords: tuple[str, ...], modseq: int, *, recent: bool) -> list[bytes]:
        """What tells that the command itself changed the flags, unless it was asked for anyway (RFC 3501, 6.4.5)."""
        items = []
        if FetchAttribute.FLAGS not in self.items:
            items.append(responses.flags_item(flags, keywords, recent=recent))
        if self.condstore and not self.with_modseq:
            items.append(responses.modseq_item(modseq))
        return items


def plan_of(command: Fetch, *, condstore: bool) -> Plan:
    """Headers are read apart only where no item needs the whole mail."""
    needs = {sections.needs(section) for item in command.items if (section := sections.section_of(item)) is not None}
    needs_octets = bool(needs - {sections.Needs.HEADER})
    asked = [RENDITIONS[item] for item in command.items if item in RENDITIONS]
    renditions = tuple(dict.fromkeys(asked))
    return Plan(
        command.items,
        renditions,
        {item: _writer(item, renditions) for item in command.items if item not in VIEW_ITEMS},
        needs_headers=bool(needs) and not needs_octets,
        needs_octets=needs_octets,
        needs_parts=needs_octets and needs != {sections.Needs.OCTETS},
        condstore=condstore,
    )


def _writer(item: FetchItem, renditions: tuple[str, ...]) -> Callable[[Mail], bytes]:
    """How to write an item of a mail."""
    match item:
        case FetchAttribute.INTERNALDATE:
            return lambda mail: responses.internal_date_item(mail.row.internal_date)
        case FetchAttribute.RFC822_SIZE:
            return lambda mail: responses.size_item(mail.row.size_octets)
        case FetchAttribute.ENVELOPE:
            at = renditions.index(ENVELOPE)
            return lambda mail: responses.rendition_item(b"ENVELOPE", mail.renditions[at] or NO_ENVELOPE)
        case FetchAttribute.BODYSTRUCTURE:
            at = renditions.index(BODYSTRUCTURE)
            return lambda mail: responses.rendition_item(b"BODYSTRUCTURE", _structure(mail, at))
        case FetchAttribute.BODY:
            at = renditions.index(BODYSTRUCTURE)
            return lambda mail: responses.rendition_item(b"BODY", body_from(_structure(mail, at)))
        case _:
            return _section_writer(item)


def _structure(mail: Mail, at: int) -> bytes:
    """A structure that could not be derived, which is a bug that was logged, must not keep a client from its folder."""
    return mail.renditions[at] or opaque_structure(mail.row.size_octets)


def _section_writer(item: FetchItem) -> Callable[[Mail], bytes]:
    """A section, cut from the cheapest thing at hand."""
    section, partial, label = sections.section_of(item), sections.partial_of(item), sections.label(item)
    assert section is not None, f"{item!r} is neither an attribute nor a section"
    needed = sections.needs(section)

    def write(mail: Mail) -> bytes:
        if needed is sections.Needs.HEADER and mail.header is not None:
            return responses.literal_item(label, sections.extract_from_header(mail.header, section, partial))
        assert mail.octets is not None, "the plan reads what its sections need"
        if needed is sections.Needs.OCTETS:
            return responses.literal_item(label, sections.cut(mail.octets, partial))
        assert mail.part is not None, "the plan reads what its sections need"
        return responses.literal_item(label, sections.extract(mail.octets, mail.part, section, partial))

    return write
