"""Message-IDs in the form in which threading compares them (RFC 5256 section 3, REFERENCES)."""

from __future__ import annotations

import hashlib
import re

DIGEST_OCTETS = 8
"""Of each Message-ID so much is kept of its hash. Two that have the same by chance are one in a thread, and nowhere else."""

MOST_REFERENCES = 1_000
"""Of longer References the last ones count."""

# msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS], with quoted strings in it as RFC 2822 has them; what else is between
# the brackets may be anything but blanks, brackets, quotes and at signs. Where one opens that never ends, no other does that is
# within it: nothing is looked through again and again.
_QUOTED = rb'"(?:[^"\\]|\\.)*+"'
_LITERAL = rb"\[(?:[^\[\]\\]|\\.)*+\]"
_LEFT = rb'(?:(?:[^\s<>@"\\]|\\(?!"))++|' + _QUOTED + rb")++"
_RIGHT = rb'(?:(?:[^\s<>@\[\]"\\]|\\(?!\[))++|' + _LITERAL + rb")++"
_MSG_ID = re.compile(rb"<\s*+(" + _LEFT + rb")@(" + _RIGHT + rb")\s*+>", re.DOTALL)
_QUOTED_STRING = re.compile(_QUOTED, re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


def digests(value: bytes | None) -> list[bytes]:
    """Of all valid Message-IDs of a field, in their order: the same for each way of quoting the same."""
    if not value or b"<" not in value:
        return []
    return [_digest(left, right) for left, right in _MSG_ID.findall(value)]


def _digest(left: bytes, right: bytes) -> bytes:
    if b'"' in left:
        left = _QUOTED_STRING.sub(lambda quoted: _QUOTED_PAIR.sub(rb"\1", quoted[0][1:-1]), left)
    if b"\\" in right:
        right = _QUOTED_PAIR.sub(rb"\1", right)
    return hashlib.blake2b(left + b"@" + right, digest_size=DIGEST_OCTETS).digest()
