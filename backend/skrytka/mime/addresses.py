"""Address lists (RFC 5322 section 3.4 and its obsolete forms) as IMAP's ENVELOPE shows them. Linear, and never fails.

What cannot be an address is kept as a mailbox without a host, so that nothing a sender wrote disappears. Where a comma is
missing, the next address begins all the same; what is there and is no address is left out. Words before an address without
angle brackets are its name.
"""

from __future__ import annotations

import re

import msgspec

from skrytka.mime.headers import unfold


class Address(msgspec.Struct, frozen=True):
    """One address; encoded words stay encoded.

    A group begins with an address of only a ``mailbox``, its name, and ends with one of nothing
    (RFC 3501 section 7.4.2). ``host`` is empty, not None, where the sender left it out.
    """

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


GROUP_END = Address(None, None, None, None)
MAX_ADDRESSES = 10_000

_TOKEN = re.compile(
    rb"""(?P<blank>[ \t\r\n]++)
       |"(?P<quoted>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)
       |(?P<comment>\()
       |(?P<literal>\[(?:[^\]\\]|\\.)*+(?:\]|\\?\Z))
       |(?P<special>[<>@,;:)\]\\"])
       |(?P<atom>[^ \t\r\n"()<>@,;:\[\]\\]++)""",
    re.VERBOSE | re.DOTALL,
)
# phrase <local@domain>, or just local@domain; and the comma before the next.
_ATOMS = rb"[^ \t\r\n\"()<>@,;:\[\]\\]++"
_USUAL = re.compile(
    rb"(?:(?:\"([^\"\\]++)\"|("
    + _ATOMS
    + rb"(?: "
    + _ATOMS
    + rb")*+)) )?(<)?("
    + _ATOMS
    + rb")@("
    + _ATOMS
    + rb")(?(3)>)(?:,[ \t]*+|\Z)"
)
_COMMENT_PIECE = re.compile(rb"[^()\\]++|\\.|[()\\]", re.DOTALL)
_BLANKS_AT_DOT = re.compile(rb" ?\. ?")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


def parse_addresses(raw: bytes | None) -> tuple[Address, ...]:
    """The addresses and groups of a field's value, in order."""
    if not raw:
        return ()
    value = unfold(raw)
    return _usual(value) or _parsed(value)


def _usual(value: bytes) -> tuple[Address, ...]:
    """The addresses of a field that looks as most do, as the parser would find them; else nothing."""
    found: list[Address] = []
    position = 0
    while position < len(value):
        match = _USUAL.match(value, position)
        if match is None or (match[3] is None and match.start(4) > position) or len(found) == MAX_ADDRESSES:
            return ()
        found.append(Address(match[1] or match[2], None, match[4], match[5]))
        position = match.end()
    return tuple(found)


def _parsed(value: bytes) -> tuple[Address, ...]:
    parser = _Parser()
    for kind, text in _tokens(value):
        parser.take(kind, text)
        if len(parser.addresses) >= MAX_ADDRESSES:
            break
    return parser.finish()


def _tokens(value: bytes) -> list[tuple[str, bytes]]:
    """``(kind, text)``: blanks, words (atoms, quoted strings without quotes), comments, domain literals, specials."""
    found: list[tuple[str, bytes]] = []
    position = 0
    while match := _TOKEN.match(value, position):
        kind = match.lastgroup or ""
        position = match.end()
        if kind == "comment":
            text, position = _comment(value, position)
        else:
            text = match[kind]
            if kind == "quoted" and b"\\" in text:
                text = _QUOTED_PAIR.sub(rb"\1", text)
        found.append((kind, text))
    return found


def _comment(value: bytes, position: int) -> tuple[bytes, int]:
    """The text of a comment whose parenthesis has been read, and where it ends; comments within belong to it."""
    pieces = []
    depth = 1
    for match in _COMMENT_PIECE.finditer(value, position):
        piece = match[0]
        position = match.end()
        depth += (piece == b"(") - (piece == b")")
        if depth == 0:
            break
        pieces.append(piece[1:] if piece[:1] == b"\\" and len(piece) == 2 else piece)
    return b"".join(pieces).strip(), position


class _Parser:
    """Reads tokens into addresses. ``words`` is a phrase or a local part, whichever the next special makes of it."""

    def __init__(self) -> None:
        self.addresses: list[Address] = []
        self.in_group = False
        self._restart()

    def _restart(self) -> None:
        self.words: list[bytes] = []
        self.glue = False
        self.comment: bytes | None = None
        self.phrase: bytes | None = None
        self.hops: list[bytes] = []
        self.local: bytes | None = None
        self.host: list[bytes] = []
        self.in_angle = False
        self.seen_angle = False
        self.after_no_comma = False

    def take(self, kind: str, text: bytes) -> None:
        if kind == "blank":
            self.glue = False
        elif kind == "comment":
            self.glue = False
            self.comment = self.comment or text
        elif kind == "special":
            self._take_special(text)
        else:
            self._take_word(text)

    def _take_word(self, text: bytes) -> None:
        """Words that touch belong together: ``"ann".lee``. A blank ends a domain, but not next to a dot."""
        if self._is_whole(text):
            self._end_address()
            self.after_no_comma = True
        words = self.words if self.local is None else self.host
        if self.local is None and words and not self.glue:
            words.append(b" ")
        words.append(text)
        self.glue = True

    def _is_whole(self, text: bytes) -> bool:
        """Whether the address before this word has ended, without a comma."""
        if self.in_angle or self.seen_angle:
            return not self.in_angle
        return bool(self.host) and not self.glue and not self.host[-1].endswith(b".") and not text.startswith(b".")

    def _take_special(self, text: bytes) -> None:
        match text:
            case b"<" if not self.in_angle:
                self._open_angle()
            case b">" if self.in_angle:
                self._fix_local()
                self.in_angle = False
            case b"@" if self.local is None:
                self._take_at()
            case b"," | b":" if self.in_angle and self.local == b"":
                self._take_route(text)
            case b",":
                self._end_address()
            case b";":
                self._end_address()
                self._end_group()
            case b":" if not self.in_group and not self.in_angle and self.local is None:
                self._begin_group()
            case _:
                self.glue = False

    def _open_angle(self) -> None:
        if self.seen_angle:
            self._end_address()
        words = b"".join(self.words)
        if self.local is not None:
            words = (self.phrase + b" " if self.phrase else b"") + self.local + b"@" + b"".join(self.host)
        self.phrase = words or None
        self.words, self.host, self.local = [], [], None
        self.in_angle = self.seen_angle = True

    def _take_at(self) -> None:
        if self.in_angle:
            self._fix_local()
        elif not self.seen_angle:
            self._split_name()
            self._fix_local()

    def _split_name(self) -> None:
        """Only the last word is a local part; blanks next to dots are in it (RFC 5322 section 4.4)."""
        words = self.words
        for place in range(len(words) - 2, 0, -1):
            if words[place] == b" " and not words[place - 1].endswith(b".") and not words[place + 1].startswith(b"."):
                self.phrase, self.words = b"".join(words[:place]), words[place + 1 :]
                break

    def _fix_local(self) -> None:
        if self.local is None:
            local = b"".join(self.words)
            self.local = _BLANKS_AT_DOT.sub(b".", local) if len(self.words) > 1 else local
            self.words = []

    def _take_route(self, text: bytes) -> None:
        """obs-route = "@" domain *("," "@" domain) ":"."""
        self.hops.append(b"@" + b"".join(self.host))
        self.host, self.local = [], None

    def _begin_group(self) -> None:
        self.addresses.append(Address(None, None, b"".join(self.words), None))
        self.in_group = True
        self._restart()

    def _end_group(self) -> None:
        if self.in_group:
            self.addresses.append(GROUP_END)
            self.in_group = False

    def _end_address(self) -> None:
        is_address = not self.after_no_comma or self.seen_angle or self.local is not None
        self._fix_local()
        local = self.local or b""
        host = b"".join(self.host)
        name = self.phrase or self.comment
        if is_address and (local or host or self.phrase):  # a comment alone is nobody (RFC 5322 section 3.4)
            self.addresses.append(Address(name, b",".join(self.hops) or None, local, host))
        self._restart()

    def finish(self) -> tuple[Address, ...]:
        self._end_address()
        self._end_group()
        return tuple(self.addresses)
