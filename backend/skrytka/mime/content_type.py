"""Content-Type, Content-Disposition and their parameters (RFC 2045 section 5.1, RFC 2183, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from skrytka.mime.charsets import decode_octets
from skrytka.mime.comments import without_comments
from skrytka.mime.headers import as_text, unfold
from skrytka.mime.structure import Parameters

DEFAULT_TEXT: tuple[str, str, Parameters] = ("text", "plain", (("charset", "us-ascii"),))
"""RFC 2045 section 5.2. Also what an unparsable Content-Type means."""

MAX_PARAMETERS = 100

_SHORT_OCTETS = 100
"""Values up to this length come again and again, in all mails: what they mean is remembered."""

_TOKEN = rb'[^\x00-\x20()<>@,;:\\"/\[\]?=\x7f]++'
_TYPE = re.compile(rb"\s*+(" + _TOKEN + rb")\s*+/\s*+(" + _TOKEN + rb")")
_WORD = re.compile(rb"\s*+(" + _TOKEN + rb")")
_MECHANISM = re.compile(rb"\s*+(" + _TOKEN + rb")(?:[\s;]|\Z)")
_BOUNDARY = re.compile(rb'multipart/([a-z]++);\s*+boundary="([!#-\[\]-~]++)"', re.IGNORECASE)
# parameter = attribute "=" value; an unquoted value is taken up to the next ";" since senders forget to quote blanks.
_PARAMETER = re.compile(rb'[;\s]*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_SEPARATORS = re.compile(rb";[;\s]*+")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_EXTENDED = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")

Raw = list[tuple[str, bytes]]
T = TypeVar("T")


def _remembering_short(reader: Callable[[bytes], T]) -> Callable[[bytes], T]:
    short = lru_cache(maxsize=2_048)(reader)
    return lambda raw: reader(raw) if len(raw) > _SHORT_OCTETS else short(raw)


def parse_content_type(raw: bytes | None) -> tuple[str, str, Parameters]:
    """``(type, subtype, parameters)``, lower case; text/plain in us-ascii when absent or unparsable."""
    if raw is None:
        return DEFAULT_TEXT
    return _content_type(raw)


@_remembering_short
def _content_type(raw: bytes) -> tuple[str, str, Parameters]:
    """The boundary of a multipart is another in each mail: such a field is read the short way."""
    match = _BOUNDARY.fullmatch(raw)
    if match:
        subtype, boundary = match[1].decode().lower(), match[2].decode()
        return "multipart", subtype, (("boundary", boundary),)
    return _parsed_content_type(raw)


def _parsed_content_type(raw: bytes) -> tuple[str, str, Parameters]:
    value = without_comments(unfold(raw))
    match = _TYPE.match(value)
    if match is None:
        return DEFAULT_TEXT
    return as_text(match[1]).lower(), as_text(match[2]).lower(), parse_parameters(value, match.end())


def parse_disposition(raw: bytes | None) -> tuple[str | None, Parameters]:
    """``(disposition, parameters)``; a field that does not begin with a word counts as absent."""
    if raw is None:
        return None, ()
    return _disposition(raw)


@_remembering_short
def _disposition(raw: bytes) -> tuple[str | None, Parameters]:
    value = without_comments(unfold(raw))
    match = _WORD.match(value)
    if match is None:
        return None, ()
    return as_text(match[1]).lower(), parse_parameters(value, match.end())


def parse_encoding(raw: bytes | None) -> str:
    """The Content-Transfer-Encoding in lower case, ``7bit`` when absent or no word (RFC 2045 section 6.1)."""
    if not raw:
        return "7bit"
    return _encoding(raw)


@_remembering_short
def _encoding(raw: bytes) -> str:
    match = _MECHANISM.match(without_comments(unfold(raw)))
    return as_text(match[1]).lower() if match else "7bit"


def parse_parameters(value: bytes, position: int) -> Parameters:
    """The parameters after ``position``: names in lower case, in order, the first of a name wins, RFC 2231 decoded."""
    if position >= len(value):
        return ()
    raw = _raw_parameters(value, position)
    if not any("*" in name for name, _ in raw):
        return tuple({name: as_text(octets) for name, octets in reversed(raw)}.items())[::-1] if raw else ()
    return _decode_extended(raw)


def _raw_parameters(value: bytes, position: int) -> Raw:
    found: Raw = []
    while len(found) < MAX_PARAMETERS:
        match = _PARAMETER.match(value, position)
        if match:
            unquoted = match[3]
            octets = _QUOTED_PAIR.sub(rb"\1", match[2]) if unquoted is None else unquoted.strip()
            found.append((as_text(match[1]).lower(), octets))
            position = match.end()
        separators = _SEPARATORS.search(value, position)
        if separators is None:
            break
        position = separators.end()  # of all that stand together, which would else be passed over from each of them
    return found


def _decode_extended(raw: Raw) -> Parameters:
    """Join continuations (``name*0``) and decode ``name*=charset'language'%41``: RFC 2231 sections 3 and 4.

    An extended form wins over the plain parameter of the same name that older readers are given.
    """
    plain: dict[str, bytes] = {}
    segments: dict[str, dict[int, tuple[bytes, bool]]] = {}
    order: dict[str, None] = {}
    for name, octets in raw:
        match = _EXTENDED.fullmatch(name)
        if match is None or (match[2] is None and match[3] is None):
            plain.setdefault(name, octets)
            order.setdefault(name)
            continue
        segments.setdefault(match[1], {}).setdefault(int(match[2] or 0), (octets, match[3] is not None))
        order.setdefault(match[1])
    return tuple((name, _join(segments[name]) if name in segments else as_text(plain[name])) for name in order)


def _join(segments: dict[int, tuple[bytes, bool]]) -> str:
    charset, joined = "", b""
    for index, number in enumerate(sorted(segments)):
        octets, extended = segments[number]
        if index == 0 and extended and octets.count(b"'") >= 2:
            label, _, octets = octets.split(b"'", 2)
            charset = label.decode("ascii", "replace")
        joined += unquote_to_bytes(octets) if extended else octets
    return decode_octets(joined, charset).replace("\0", "")
