"""Parser of FETCH."""

from __future__ import annotations

import re

import msgspec

from skrytka_imap.commands import (
    BinarySection,
    BinarySize,
    BodySection,
    Fetch,
    FetchAttribute,
    FetchItem,
    Partial,
    PartialRange,
    Section,
    SectionText,
)
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, LARGEST_NUMBER64, Cursor
from skrytka_imap.grammar.header_name import header_name
from skrytka_imap.grammar.partial_range import partial_range
from skrytka_imap.grammar.remembering import remembering
from skrytka_imap.grammar.sequence_set import sequence_set

ATTRIBUTES = {attribute.value: attribute for attribute in FetchAttribute}
BINARIES = frozenset({"BINARY", "BINARY.PEEK", "BINARY.SIZE"})
FAST = (FetchAttribute.FLAGS, FetchAttribute.INTERNALDATE, FetchAttribute.RFC822_SIZE)
MACROS = {
    "FAST": FAST,
    "ALL": (*FAST, FetchAttribute.ENVELOPE),
    "FULL": (*FAST, FetchAttribute.ENVELOPE, FetchAttribute.BODY),
}
SECTION_TEXTS = {text.value: text for text in SectionText}
PART = re.compile(rb"[1-9][0-9]{0,9}")
HEADER_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+\Z")
LAZY = re.compile(rb" \(LAZY\)", re.IGNORECASE)
MOST_ITEMS = 1_000
DEEPEST_PART = 100


def fetch(cursor: Cursor, *, uid: bool = False) -> Fetch:
    """RFC 3501 section 9, RFC 7162 section 7 and RFC 9394 section 4.

    fetch          = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
                     [fetch-modifiers]
    """
    cursor.space()
    sequence = sequence_set(cursor)
    cursor.space()
    items, modifiers = _asked(cursor)
    if modifiers.vanished and not uid:
        raise cursor.fault("VANISHED goes with UID FETCH")
    implies_uid = uid and FetchAttribute.UID not in items
    if implies_uid:
        items = (FetchAttribute.UID, *items)
    return Fetch(sequence, items, uid, modifiers.changed_since, modifiers.vanished, modifiers.window, implies_uid)


def uid_fetch(cursor: Cursor) -> Fetch:
    return fetch(cursor, uid=True)


class _Modifiers(msgspec.Struct, frozen=True):
    changed_since: int | None = None
    vanished: bool = False
    window: PartialRange | None = None


@remembering
def _asked(cursor: Cursor) -> tuple[tuple[FetchItem, ...], _Modifiers]:
    """What follows the set: the items, each once, and how to choose among the messages."""
    items = fetch_items(cursor)
    modifiers = _modifiers(cursor) if cursor.skip(b" (") else _Modifiers()
    if modifiers.changed_since is not None:
        items.setdefault(FetchAttribute.MODSEQ)
    return tuple(items), modifiers


def _modifiers(cursor: Cursor) -> _Modifiers:
    """RFC 4466 section 2.4, each at most once; RFC 7162 section 7, RFC 9394 section 4.

    fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
    fetch-modifier  = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range
    """
    changed_since: int | None = None
    vanished = False
    window: PartialRange | None = None
    while True:
        word = cursor.name("a modifier of FETCH")
        if word == "VANISHED" and not vanished:
            vanished = True
        elif word == "CHANGEDSINCE" and changed_since is None:
            cursor.space()
            changed_since = cursor.number(LARGEST_MODSEQ)
        elif word == "PARTIAL" and window is None:
            cursor.space()
            window = partial_range(cursor)
        else:
            raise cursor.fault(f"There is no modifier {word[:40]}, or it stands twice")
        if cursor.skip(b")"):
            break
        cursor.space()
    if vanished and changed_since is None:
        raise cursor.fault("VANISHED goes with CHANGEDSINCE")
    return _Modifiers(changed_since, vanished, window)


def fetch_items(cursor: Cursor) -> dict[FetchItem, None]:
    """The items in order, each once."""
    if not cursor.skip(b"("):
        word = cursor.name("an item to fetch")
        return dict.fromkeys(MACROS[word]) if word in MACROS else {_item(cursor, word): None}
    items: dict[FetchItem, None] = {}
    while True:
        items[_item(cursor, cursor.name("an item to fetch"))] = None
        if len(items) > MOST_ITEMS:
            raise cursor.fault(f"FETCH takes at most {MOST_ITEMS} items")
        if cursor.skip(b")"):
            return items
        cursor.space()


def _item(cursor: Cursor, word: str) -> FetchItem:
    """RFC 3501 section 9.

    fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] / "BODY" ["STRUCTURE"] /
                "UID" / "BODY" section ["<" number "." nz-number ">"] /
                "BODY.PEEK" section ["<" number "." nz-number ">"] /
                "PREVIEW" [SP "(" "LAZY" ")"] / ; RFC 8970 section 6
                "EMAILID" / "THREADID" ; RFC 8474 section 7
    """
    if word == "BODY.PEEK" or (word == "BODY" and cursor.peek() == b"["):
        cursor.expect(b"[")
        section = section_spec(cursor)
        cursor.expect(b"]")
        return BodySection(section, word == "BODY.PEEK", _partial(cursor))
    if word in BINARIES and cursor.peek() == b"[":
        return _binary(cursor, word)
    if word == "PREVIEW" and cursor.take(LAZY):
        return FetchAttribute.PREVIEW_LAZY
    attribute = ATTRIBUTES.get(word)
    if attribute is None:
        raise cursor.fault(f"There is no item {word[:40]} to fetch")
    return attribute


def _binary(cursor: Cursor, word: str) -> BinarySection | BinarySize:
    """RFC 3516 section 5.

    fetch-att      =/ "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary
    section-binary = "[" [section-part] "]"
    """
    cursor.expect(b"[")
    section = section_spec(cursor)
    if section.text is not SectionText.WHOLE:
        raise cursor.fault(f"{word} takes the number of a part and nothing else")
    cursor.expect(b"]")
    if word == "BINARY.SIZE":
        return BinarySize(section.part)
    return BinarySection(section.part, word == "BINARY.PEEK", _partial(cursor))


def section_spec(cursor: Cursor) -> Section:
    """RFC 3501 section 9.

    section         = "[" [section-spec] "]"
    section-spec    = section-msgtext / (section-part ["." section-text])
    section-part    = nz-number *("." nz-number)
    """
    part: list[int] = []
    while match := cursor.take(PART):
        part.append(int(match[0]))
        if len(part) > DEEPEST_PART:
            raise cursor.fault(f"Parts nest at most {DEEPEST_PART} deep")
        if not cursor.skip(b"."):
            return Section(tuple(part))
    if not part and cursor.peek() == b"]":
        return Section()
    text, fields = _section_text(cursor, in_part=bool(part))
    return Section(tuple(part), text, fields)


def _section_text(cursor: Cursor, *, in_part: bool) -> tuple[SectionText, tuple[bytes, ...]]:
    """RFC 3501 section 9.

    section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
    section-text    = section-msgtext / "MIME"
    """
    word = cursor.name("HEADER, TEXT, MIME or a part number")
    text = SECTION_TEXTS.get(word)
    if text is None:
        raise cursor.fault(f"There is no section {word[:40]}")
    if text is SectionText.MIME and not in_part:
        raise cursor.fault("MIME needs the number of a part")
    if text in (SectionText.HEADER_FIELDS, SectionText.HEADER_FIELDS_NOT):
        cursor.space()
        return text, _header_list(cursor)
    return text, ()


def _header_list(cursor: Cursor) -> tuple[bytes, ...]:
    """RFC 3501 section 9.

    header-list     = "(" header-fld-name *(SP header-fld-name) ")"
    header-fld-name = astring
    """
    cursor.expect(b"(")
    names: list[bytes] = []
    while True:
        name = header_name(cursor)
        if HEADER_NAME.match(name) is None:
            raise cursor.fault("A header name has printable ASCII without colon")
        names.append(name)
        if len(names) > MOST_ITEMS:
            raise cursor.fault(f"A list has at most {MOST_ITEMS} header names")
        if cursor.skip(b")"):
            return tuple(names)
        cursor.space()


def _partial(cursor: Cursor) -> Partial | None:
    """RFC 9051 section 9: partial = "<" number64 "." nz-number64 ">" """
    if not cursor.skip(b"<"):
        return None
    origin = cursor.number(LARGEST_NUMBER64)
    cursor.expect(b".")
    count = cursor.number(LARGEST_NUMBER64)
    if count == 0:
        raise cursor.fault("A partial fetch takes at least one octet")
    cursor.expect(b">")
    return Partial(origin, count)
