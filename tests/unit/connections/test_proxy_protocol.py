"""The PROXY v2 parser: what the specification allows, and one error for everything else."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka.connections.proxy_protocol import (
    MAX_BODY_OCTETS,
    PREFIX_OCTETS,
    SIGNATURE,
    ProxyProtocolError,
    body_octets,
    ended_tls,
    source,
)

TCP4 = bytes((192, 0, 2, 1, 198, 51, 100, 1)) + struct.pack("!HH", 40000, 143)
TCP6 = bytes.fromhex("20010db8000000000000000000000001" * 2) + struct.pack("!HH", 40000, 143)
MAPPED = bytes(10) + b"\xff\xff" + bytes((192, 0, 2, 7)) + TCP6[16:]


def prefix(command: int, family: int, size: int) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, size)


@pytest.mark.parametrize(
    ("command", "family", "body", "expected"),
    [
        (0x21, 0x11, TCP4, "192.0.2.1"),
        (0x21, 0x11, TCP4 + b"\x04\x00\x03abc", "192.0.2.1"),
        (0x21, 0x21, TCP6, "2001:db8::1"),
        (0x21, 0x21, MAPPED, "192.0.2.7"),
        (0x21, 0x00, b"", None),
        (0x21, 0x31, bytes(216), None),
        (0x20, 0x11, TCP4, None),
        (0x20, 0x00, b"", None),
    ],
)
def test_source(command: int, family: int, body: bytes, expected: str | None) -> None:
    head = prefix(command, family, len(body))
    assert body_octets(head) == len(body)
    address = source(head, body)
    assert (None if address is None else str(address)) == expected


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"PROXY TCP4 192.0", b""),
        (b"GET / HTTP/1.1\r\n", b""),
        (b"", b""),
        (prefix(0x11, 0x11, 12), TCP4),
        (prefix(0x22, 0x11, 12), TCP4),
        (prefix(0x21, 0x12, 12), TCP4),
        (prefix(0x21, 0x11, 11), TCP4[:-1]),
        (prefix(0x21, 0x21, 12), TCP4),
        (prefix(0x21, 0x11, MAX_BODY_OCTETS + 1), b""),
    ],
)
def test_malformed(head: bytes, body: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        source(head[: body_octets(head) and PREFIX_OCTETS], body)


@given(st.binary(max_size=64), st.booleans())
def test_any_octets_yield_an_address_or_the_one_error(octets: bytes, signed: bool) -> None:
    octets = SIGNATURE + octets if signed else octets
    with contextlib.suppress(ProxyProtocolError):
        size = body_octets(octets[:PREFIX_OCTETS])
        source(octets[:PREFIX_OCTETS], octets[PREFIX_OCTETS : PREFIX_OCTETS + size])
        assert ended_tls(octets[:PREFIX_OCTETS], octets[PREFIX_OCTETS : PREFIX_OCTETS + size]) in (True, False)
