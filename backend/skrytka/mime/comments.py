"""Comments of structured fields (RFC 5322 section 3.2.2): parentheses that nest and quote."""

from __future__ import annotations

import re

_INTERESTING = re.compile(rb'[()"]|\\.?', re.DOTALL)


def without_comments(value: bytes) -> bytes:
    """The value with each comment replaced by a blank.

    Only a parenthesis after a blank or separator opens one: unquoted file names like ``scan(1).pdf`` are common and
    mean what they say.
    """
    if b"(" not in value:
        return value
    kept: list[bytes] = []
    depth, quoted, start = 0, False, 0
    for match in _INTERESTING.finditer(value):
        token, at = match[0], match.start()
        if depth:
            depth += (token == b"(") - (token == b")")
            start = match.end()
        elif token == b'"':
            quoted = not quoted
        elif token == b"(" and not quoted and (at == 0 or value[at - 1] in b" \t\r\n;=,/<>"):
            kept.append(value[start:at])
            depth = 1
            start = len(value)
    kept.append(value[start:])
    return b" ".join(kept)
