"""``BODY[section]<partial>``: which octets of a mail are meant, and what the answer calls them (RFC 3501 section 6.4.5).

Octets go out exactly as they came in, NULs too, although RFC 3501 has no CHAR8 for these.
"""

from __future__ import annotations

import enum
import re

from skrytka.plugin_api import Part, mime
from skrytka_imap.commands import BodySection, FetchAttribute, FetchItem, Partial, Section, SectionText
from skrytka_imap.header_fields import fields_named, without_fields
from skrytka_imap.responses.strings import string

ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+\Z")

WHOLE_MAIL = Section()
MAIL_HEADER = Section(text=SectionText.HEADER)
MAIL_TEXT = Section(text=SectionText.TEXT)
FIELD_TEXTS = frozenset({SectionText.HEADER_FIELDS, SectionText.HEADER_FIELDS_NOT})
HEADER_TEXTS = FIELD_TEXTS | {SectionText.HEADER}

OLD_ITEMS: dict[FetchItem, Section] = {
    FetchAttribute.RFC822: WHOLE_MAIL,
    FetchAttribute.RFC822_HEADER: MAIL_HEADER,
    FetchAttribute.RFC822_TEXT: MAIL_TEXT,
}
"""Items of RFC 1730 that RFC 3501 keeps, as the sections that they mean."""


class Needs(enum.IntEnum):
    """What of a mail must be at hand for a section, cheapest first."""

    HEADER = 1
    OCTETS = 2
    PARTS = 3


def section_of(item: FetchItem) -> Section | None:
    """The section that an item asks for; None for items that are no octets of the mail."""
    return item.section if isinstance(item, BodySection) else OLD_ITEMS.get(item)


def partial_of(item: FetchItem) -> Partial | None:
    return item.partial if isinstance(item, BodySection) else None


def needs(section: Section) -> Needs:
    """Whether ``extract_from_header`` will do, the whole octets are the answer, or ``extract`` needs the part tree."""
    if section.part:
        return Needs.PARTS
    if section.text in HEADER_TEXTS:
        return Needs.HEADER
    return Needs.OCTETS if section.text is SectionText.WHOLE else Needs.PARTS


def label(item: FetchItem) -> bytes:
    """RFC 3501 section 7.4.2: ``BODY[...]<origin>``, without PEEK and without the count; header names as asked."""
    if isinstance(item, FetchAttribute):
        return item.value.encode()
    assert isinstance(item, BodySection), "nothing else has a section"
    section = item.section
    words = [".".join(map(str, section.part))] if section.part else []
    if section.text:
        words.append(section.text.value)
    inner = ".".join(words).encode()
    if section.fields:
        inner += b" (%b)" % b" ".join([name if ATOM.match(name) else string(name) for name in section.fields])
    origin = b"" if item.partial is None else b"<%d>" % item.partial.origin
    return b"BODY[%b]%b" % (inner, origin)


def cut(octets: bytes, partial: Partial | None) -> bytes:
    """The octets that a partial fetch asks for; none beyond the end."""
    return octets if partial is None else octets[partial.origin : partial.origin + partial.count]


def extract_from_header(header: bytes, section: Section, partial: Partial | None = None) -> bytes:
    """A section that needs only the mail's header, given with its blank line."""
    return cut(_select_fields(header, section), partial)


def extract(octets: bytes, part: Part, section: Section, partial: Partial | None = None) -> bytes | None:
    """A section of the mail ``part``; None if it has no such part, or the part no such text.

    A long body is sliced once, however small the part of it that is asked for.
    """
    found = _locate(part, section)
    if found is None:
        return None
    start, end = found
    if section.text in FIELD_TEXTS:
        return cut(_select_fields(octets[start:end], section), partial)
    if partial is not None:
        start = min(start + partial.origin, end)
        end = min(start + partial.count, end)
    return octets[start:end]


def _locate(root: Part, section: Section) -> tuple[int, int] | None:
    """The octets of a section before fields are selected.

    HEADER and TEXT of a numbered part are those of the mail that is embedded there; MIME and nothing are the part's own.
    """
    part = mime.find(root, section.part)
    if part is None:
        return None
    if not section.part:
        mail = part
        if section.text is SectionText.WHOLE:
            return 0, part.end
    elif section.text is SectionText.MIME:
        return part.header_start, part.body_start
    elif section.text is SectionText.WHOLE:
        return part.body_start, part.end
    elif part.is_embedding_mail:
        mail = part.children[0]
    else:
        return None
    if section.text is SectionText.TEXT:
        return mail.body_start, mail.end
    return mail.header_start, mail.body_start


def _select_fields(header: bytes, section: Section) -> bytes:
    """RFC 3501 section 6.4.5: the fields in their order, and the blank line in any case, if the mail has one."""
    if section.text is SectionText.HEADER:
        return header
    if section.text is SectionText.HEADER_FIELDS_NOT:
        return without_fields(header, section.fields)
    return fields_named(header, section.fields) + _blank_line(header)


def _blank_line(header: bytes) -> bytes:
    """The blank line that ends a header; nothing where the mail ends before it."""
    for line_end in (b"\r\n", b"\n"):
        if header == line_end or header.endswith(b"\n" + line_end):
            return line_end
    return b""
