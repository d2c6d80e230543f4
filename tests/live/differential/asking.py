"""What both servers are asked about each mail, and what they are asked to find."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any

from tests.live.differential.client import Client

WHOLE = (
    "ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE INTERNALDATE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] "
    "BODY.PEEK[HEADER.FIELDS (Subject TO x-none)] BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT Received)] "
    "BODY.PEEK[]<3.20> BODY.PEEK[TEXT]<0.7> BODY.PEEK[HEADER]<5.9> BODY.PEEK[]<1000000.3>"
)
WORDS = ("hello", "gęślą", "żółć", "text", "a@b", "example.org", "")
SEARCHES = [
    *(f'{key} "{word}"' for key in ("SUBJECT", "FROM", "TO", "CC", "BODY", "TEXT") for word in WORDS),
    *(f"{key} 17-Jul-1996" for key in ("ON", "BEFORE", "SINCE", "SENTON", "SENTBEFORE", "SENTSINCE")),
    *(f"{key} 1-Jan-2005" for key in ("SENTON", "SENTBEFORE", "SENTSINCE")),
    *(f"{key} {size}" for key in ("LARGER", "SMALLER") for size in (0, 100, 500, 5000)),
    *(f'HEADER {name} "{text}"' for name in ("Message-ID", "Received", "x-none", "Content-Type") for text in ("", "e")),
    *("ALL", "NEW", "OLD", "UNSEEN", "RECENT", "1:*", "*", "2,4:6", "NOT 1:3", "UID 2:4"),
    *(
        'OR SUBJECT "Hello" FROM "ann"',
        'NOT TEXT "text"',
        '(SUBJECT "o" UNSEEN) LARGER 50',
        "KEYWORD $x",
        "UNKEYWORD $x",
    ),
]


def answers(client: Client, number: int) -> dict[str, Any]:
    """The answers to everything about one message, by item; parts are those of the server's own BODYSTRUCTURE."""
    found = client.fetch(number, WHOLE)
    parts = _parts(found[b"BODYSTRUCTURE"], "")
    if parts:
        found |= client.fetch(number, " ".join(parts))
    return {name.decode(): folded(value, name) for name, value in found.items()}


def _parts(structure: Any, prefix: str) -> list[str]:
    """The sections of the parts of a BODYSTRUCTURE (RFC 3501 section 6.4.5)."""
    if isinstance(structure[0], list):
        bodies = list(takewhile(lambda one: isinstance(one, list), structure))
        return [item for i, one in enumerate(bodies, 1) for item in _part(one, f"{prefix}{i}")]
    return _part(structure, f"{prefix}1")


def _part(structure: Any, path: str) -> list[str]:
    items = [f"BODY.PEEK[{path}]", f"BODY.PEEK[{path}.MIME]"]
    if isinstance(structure[0], list):
        return items + _parts(structure, f"{path}.")
    if [word.lower() for word in structure[:2]] == [b"message", b"rfc822"]:
        items += [f"BODY.PEEK[{path}.HEADER]", f"BODY.PEEK[{path}.TEXT]"]
        items += _parts(structure[8], f"{path}.")
    return items


MISSING = (b"MISSING_MAILBOX", b"MISSING_DOMAIN")
"""Dovecot's words for what an address lacks; ours are empty. RFC 3501 section 7.4.2 has none: NIL would mean a group."""


def folded(value: Any, name: bytes) -> Any:
    """Without what may be written in two ways: the case of types, parameter names and encodings, and missing parts."""
    if name == b"ENVELOPE":
        return _each(value, _present)
    return _each(value, lambda word: _present(word).lower()) if name in (b"BODY", b"BODYSTRUCTURE") else value


def _present(word: bytes) -> bytes:
    return b"" if word in MISSING else word


def _each(value: Any, change: Callable[[bytes], bytes]) -> Any:
    """The structure with its words changed."""
    if isinstance(value, list):
        return [_each(one, change) for one in value]
    return change(value) if isinstance(value, bytes) else value
