"""Rewrites the ``?`` placeholders of our SQL to PostgreSQL's ``$1``, ``$2`` ..., once per SQL text."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count

# What may hold a question mark that is none: strings, quoted identifiers, comments.
_TOKEN = re.compile(r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \?""", re.VERBOSE | re.DOTALL)


@lru_cache(4096)
def numbered(sql: str) -> bytes:
    """``... WHERE a = ? AND b = '?'`` becomes ``... WHERE a = $1 AND b = '?'``."""
    numbers = count(1)
    return _TOKEN.sub(lambda token: f"${next(numbers)}" if token[0] == "?" else token[0], sql).encode()
