"""One pass over the octets of a mail yields its part tree.

Promises: ``scan`` never fails, its tree covers all octets, and its time is linear in their number. Depth, parts and
header fields are bounded; what lies beyond a bound stays in the last part that was begun. Lines end with LF, with or
without CR.

Where RFC 2046 leaves room the parts are those that Dovecot sees: a part's body ends before the line end that belongs to
the delimiter; a delimiter line needs only begin with the boundary, the longest that fits wins; a multipart without a
boundary is text; a delimiter ends a header that has no blank line.
"""

from __future__ import annotations

import msgspec

from skrytka.mime.content_type import DEFAULT_TEXT, parse_content_type, parse_disposition, parse_encoding
from skrytka.mime.headers import as_text, fields, header_end
from skrytka.mime.structure import Header, Parameters, Part

MAX_DEPTH = 50
MAX_PARTS = 10_000
MAX_FIELDS = 50_000
MAX_BOUNDARY_OCTETS = 200
TOO_DEEP = ("application", "octet-stream")
"""What a multipart or an embedded mail is called that lies beyond the bounds and is not looked into."""

_CARRIAGE_RETURN = 13
_LETTER_C = ord("c")
_MIME_FIELDS = frozenset(
    b"content-" + name
    for name in (b"type", b"transfer-encoding", b"disposition", b"id", b"description", b"language", b"location", b"md5")
)
_USUAL_FIELDS = frozenset((b"content-type", b"content-transfer-encoding"))
"""Many parts have no others."""


def scan(octets: bytes) -> Part:
    """The part tree of a mail. Never fails; any octets are at least text."""
    return _Scanner(octets).part(0, 0, digest=False)


class _Delimiter:
    """An open multipart's boundary and where it occurs next: at ``at``, or (``found`` False) nowhere up to ``at``."""

    __slots__ = ("at", "found", "marker")

    def __init__(self, boundary: bytes) -> None:
        self.marker = b"\n--" + boundary
        self.at = -1
        self.found = False


_Type = tuple[str, str, Parameters]


class _Fields(msgspec.Struct, frozen=True):
    """The MIME fields of one header."""

    media_type: str
    subtype: str
    parameters: Parameters
    encoding: str = "7bit"
    content_id: str | None = None
    description: str | None = None
    disposition: str | None = None
    disposition_parameters: Parameters = ()
    language: tuple[str, ...] = ()
    location: str | None = None
    md5: str | None = None


_NO_FIELDS = _Fields(*DEFAULT_TEXT)
_NO_FIELDS_IN_DIGEST = _Fields("message", "rfc822", ())


class _Scanner:
    """The octets, the stack of open multiparts, and what is left of the bounds."""

    __slots__ = ("delimiters", "fields_left", "octets", "parts_left", "size")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.size = len(octets)
        self.delimiters: list[_Delimiter] = []
        self.parts_left = MAX_PARTS
        self.fields_left = MAX_FIELDS

    def part(self, start: int, depth: int, *, digest: bool) -> Part:
        """The part whose header begins at ``start``; it ends at the next delimiter of any open multipart."""
        octets = self.octets
        self.parts_left -= 1
        next_delimiter = self._next(start - 1)
        limit = next_delimiter.at + 1 if next_delimiter else self.size
        body_start = header_end(octets, start, limit)
        headers = fields(octets, start, body_start, self.fields_left)
        self.fields_left -= len(headers)
        mime = self._mime_fields(headers, digest=digest)

        of_type, children, rest = self._open(mime, body_start, depth)
        if children:
            next_delimiter = self._next(rest)
        end = self._end_before(next_delimiter, children[-1].end if children else body_start)
        return Part(
            start,
            body_start,
            end,
            self._count_lines(body_start, end, children),
            headers,
            *of_type,
            mime.encoding,
            mime.content_id,
            mime.description,
            mime.disposition,
            mime.disposition_parameters,
            mime.language,
            mime.location,
            mime.md5,
            children,
        )

    def _open(self, mime: _Fields, body_start: int, depth: int) -> tuple[_Type, tuple[Part, ...], int]:
        """What a part turns out to be, its children, and the line end after the last octet that they used up."""
        of_type = (mime.media_type, mime.subtype, mime.parameters)
        if mime.media_type == "multipart":
            boundary = _boundary(mime.parameters)
            if not boundary:
                return DEFAULT_TEXT, (), body_start
            if self._exhausted(depth):
                return (*TOO_DEEP, mime.parameters), (), body_start
            return of_type, *self._body_parts(body_start, boundary, depth + 1, digest=mime.subtype == "digest")
        if mime.media_type == "message" and mime.subtype == "rfc822":
            if self._exhausted(depth):
                return (*TOO_DEEP, mime.parameters), (), body_start
            embedded = self.part(body_start, depth + 1, digest=False)
            return of_type, (embedded,), embedded.end - 1
        return of_type, (), body_start

    def _exhausted(self, depth: int) -> bool:
        return depth >= MAX_DEPTH or self.parts_left <= 0

    def _body_parts(
        self, body_start: int, boundary: bytes, depth: int, *, digest: bool
    ) -> tuple[tuple[Part, ...], int]:
        """The body parts of a multipart, and the line end after which its epilogue begins.

        There is always at least one part, as IMAP's grammar demands: an empty text where the boundary never occurs.
        """
        own = _Delimiter(boundary)
        self.delimiters.append(own)
        children: list[Part] = []
        position = body_start - 1
        while self._next(position) is own:
            after = own.at + len(own.marker)
            line_end = self.octets.find(b"\n", after)
            position = line_end if line_end >= 0 else self.size
            if self.octets.startswith(b"--", after):
                break
            child = self.part(min(position + 1, self.size), depth, digest=digest)
            children.append(child)
            position = child.end - 1
        self.delimiters.pop()
        if not children:
            children.append(_empty_part(body_start))
        return tuple(children), position

    def _next(self, position: int) -> _Delimiter | None:
        """The delimiter of the open multiparts that comes first at or after ``position``, the longest if several fit.

        Each delimiter remembers how far it has looked, and an inner one looks no further than the nearest outer one. So
        each level of nesting passes over the octets once.
        """
        if self.parts_left <= 0:
            return None
        first: _Delimiter | None = None
        nearest = self.size
        for delimiter in self.delimiters:
            if delimiter.at < position:
                at = self.octets.find(delimiter.marker, position, min(nearest + len(delimiter.marker), self.size))
                delimiter.found = at >= 0
                delimiter.at = at if at >= 0 else nearest
            if not delimiter.found or delimiter.at > nearest:
                continue
            if delimiter.at < nearest or first is None or len(delimiter.marker) >= len(first.marker):
                first, nearest = delimiter, delimiter.at
        return first

    def _end_before(self, delimiter: _Delimiter | None, least: int) -> int:
        """Where a body ends: before the line end that belongs to the delimiter (RFC 2046 section 5.1.1)."""
        if delimiter is None:
            return self.size
        end = delimiter.at
        if end > least and self.octets[end - 1] == _CARRIAGE_RETURN:
            end -= 1
        return max(end, least)

    def _count_lines(self, body_start: int, end: int, children: tuple[Part, ...]) -> int:
        """Line feeds of a body; those within children's bodies have been counted already."""
        lines, position = 0, body_start
        for child in children:
            lines += self.octets.count(b"\n", position, child.body_start) + child.lines
            position = child.end
        return lines + self.octets.count(b"\n", position, end)

    def _mime_fields(self, headers: tuple[Header, ...], *, digest: bool) -> _Fields:
        """The MIME fields, the first of each name; a digest defaults to embedded mails (RFC 2046 section 5.1.5)."""
        raw: dict[bytes, bytes] = {}
        for field in headers:
            if field.name[0] | 32 == _LETTER_C and (name := field.name.lower()) in _MIME_FIELDS:
                raw.setdefault(name, self.octets[field.value_start : field.end].strip())
        if not raw:
            return _NO_FIELDS_IN_DIGEST if digest else _NO_FIELDS
        content_type = raw.get(b"content-type")
        if content_type is None and digest:
            of_type: _Type = ("message", "rfc822", ())
        else:
            of_type = parse_content_type(content_type)
        encoding = parse_encoding(raw.get(b"content-transfer-encoding"))
        if raw.keys() <= _USUAL_FIELDS:
            return _Fields(*of_type, encoding)
        disposition, disposition_parameters = parse_disposition(raw.get(b"content-disposition"))
        return _Fields(
            *of_type,
            encoding,
            _text(raw.get(b"content-id")),
            _text(raw.get(b"content-description")),
            disposition,
            disposition_parameters,
            _languages(raw.get(b"content-language")),
            _text(raw.get(b"content-location")),
            _text(raw.get(b"content-md5")),
        )


def _boundary(parameters: Parameters) -> bytes:
    for name, value in parameters:
        if name == "boundary":
            return value.rstrip().encode()[:MAX_BOUNDARY_OCTETS]
    return b""


def _text(raw: bytes | None) -> str | None:
    return as_text(raw) or None if raw else None


def _languages(raw: bytes | None) -> tuple[str, ...]:
    """Language-List = Language-Tag *("," Language-Tag): RFC 3282 section 2."""
    if not raw:
        return ()
    return tuple(tag for tag in (tag.strip() for tag in as_text(raw).split(",")) if tag)


def _empty_part(at: int) -> Part:
    """A part without octets."""
    media_type, subtype, parameters = DEFAULT_TEXT
    return Part(at, at, at, 0, (), media_type, subtype, parameters, "7bit", None, None, None, (), (), None, None, ())
