"""Modified UTF-7, in which folder names travel (RFC 3501 section 5.1.3): strict both ways.

Only what ``encode`` would write is a name: two spellings of one name would be two folders to a client and one to us.
"""

from __future__ import annotations

import binascii
import re

PLAIN = re.compile(r"[\x20-\x25\x27-\x7e]*\Z")
RUNS = re.compile(r"([\x20-\x25\x27-\x7e]+)|(&)|([^\x20-\x7e]+)")
ENCODED = re.compile(rb"([\x20-\x25\x27-\x7e]+)|&([A-Za-z0-9+,]*)-")


def encode(name: str) -> bytes:
    """The octets of a folder name."""
    if PLAIN.match(name):
        return name.encode("ascii")
    return b"".join(_encode_run(*match.groups()) for match in RUNS.finditer(name))


def decode(octets: bytes) -> str:
    """The folder name; ValueError if the octets are not what ``encode`` makes of any."""
    runs = []
    at = 0
    while at < len(octets):
        match = ENCODED.match(octets, at)
        if match is None:
            raise ValueError("not modified UTF-7")
        runs.append(_decode_run(match))
        at = match.end()
    name = "".join(runs)
    if encode(name) != octets:
        raise ValueError("not the shortest modified UTF-7")
    return name


def _encode_run(plain: str | None, ampersand: str | None, other: str | None) -> bytes:
    if plain:
        return plain.encode("ascii")
    if ampersand or other is None:
        return b"&-"
    base64 = binascii.b2a_base64(other.encode("utf-16-be"), newline=False)
    return b"&" + base64.rstrip(b"=").replace(b"/", b",") + b"-"


def _decode_run(match: re.Match[bytes]) -> str:
    plain, base64 = match.groups()
    if plain is not None:
        return plain.decode("ascii")
    if not base64:
        return "&"
    padded = base64.replace(b",", b"/") + b"=" * (-len(base64) % 4)
    try:
        return binascii.a2b_base64(padded).decode("utf-16-be")
    except ValueError:
        raise ValueError("not UTF-16 in base64") from None
