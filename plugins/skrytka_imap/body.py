"""BODY from BODYSTRUCTURE: the same structure without extension data (RFC 3501 section 7.4.2)."""

from __future__ import annotations

import re

STRING = r'"(?:[^"\\]|\\.)*+"'
NSTRING = rf"(?:NIL|{STRING})"
STRINGS = rf"(?:NIL|\((?:{STRING} ?)++\))"
BEHIND = rf" (?:NIL|\({STRING} {STRINGS}\)) {STRINGS} {NSTRING}(?=\))"
"""[SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]], which ends every list that has extension data."""

OF_PART = rf" {NSTRING}{BEHIND}"
"""body-ext-1part = body-fld-md5 [SP body-fld-dsp ...] ; behind a number, that of the octets or of the lines"""

OF_MULTIPART = rf" {STRINGS}{BEHIND}"
"""body-ext-mpart = body-fld-param [SP body-fld-dsp ...] ; behind the last of the parts and the subtype"""

EXTENDED = re.compile(
    rf'((?:[^"0-9)]++|{STRING}|[0-9]++(?!{OF_PART})|\)(?! {STRING}{OF_MULTIPART}))*+'
    rf"(?:[0-9]++|\) {STRING}))(?:{OF_PART}|{OF_MULTIPART})".encode()
)
"""All up to the next extension data, and these. Strings are passed over whole, so nothing in them is taken for structure."""

TO_LITERAL = re.compile(rf'((?:[^"{{]++|{STRING})*+)\{{([0-9]+)\}}\r\n'.encode())
LITERAL_MARK = re.compile(rb'"\0([0-9]+)"')


def body_from(bodystructure: bytes) -> bytes:
    """The octets of BODY, from octets that ``derive_bodystructure`` made, in time that grows with their number."""
    plain, literals = _without_literals(bodystructure)
    kept: list[bytes] = []
    at = 0
    while match := EXTENDED.match(plain, at):
        kept.append(match[1])
        at = match.end()
    body = b"".join([*kept, plain[at:]])
    return LITERAL_MARK.sub(lambda mark: literals[int(mark[1])], body) if literals else body


def _without_literals(octets: bytes) -> tuple[bytes, list[bytes]]:
    """A quoted string with a NUL, which no other string has, and a number in place of each literal."""
    pieces: list[bytes] = []
    literals: list[bytes] = []
    at = 0
    while match := TO_LITERAL.match(octets, at):
        end = match.end() + int(match[2])
        pieces.append(b'%b"\0%d"' % (match[1], len(literals)))
        literals.append(octets[match.end(2) - len(match[2]) - 1 : end])
        at = end
    return b"".join([*pieces, octets[at:]]), literals
