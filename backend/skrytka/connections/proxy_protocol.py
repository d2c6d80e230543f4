"""The PROXY protocol, version 2 (binary), sans IO: how a load balancer tells who the client is.

The header is 16 octets (signature, version and command, family, length) and then as many as the length says: addresses
and TLVs, of which only the one about TLS is read. The caller reads exactly these octets, so that what follows (a TLS
ClientHello) stays in the socket.
"""

from __future__ import annotations

import ipaddress
import struct

from skrytka.connections.networks import Address

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
PREFIX_OCTETS = 16
MAX_BODY_OCTETS = 4_096

_LOCAL = 0x20
_PROXY = 0x21
_UNSPEC = 0x00
_TCP4 = 0x11
_TCP6 = 0x21
_UNIX = 0x31
_TCP4_OCTETS = 12
_TCP6_OCTETS = 36
_TLV_HEAD = struct.Struct("!BH")
_TYPE_SSL = 0x20
_CLIENT_SSL = 0x01


class ProxyProtocolError(ValueError):
    """Not a PROXY v2 header that a stream listener can take."""


def body_octets(prefix: bytes) -> int:
    """How many octets follow the 16 of ``prefix``."""
    if len(prefix) != PREFIX_OCTETS or not prefix.startswith(SIGNATURE):
        raise ProxyProtocolError("no PROXY v2 signature")
    if prefix[12] not in (_LOCAL, _PROXY):
        raise ProxyProtocolError(f"unknown version or command {prefix[12]:#04x}")
    size = int.from_bytes(prefix[14:16], "big")
    if size > MAX_BODY_OCTETS:
        raise ProxyProtocolError(f"a header of {size} octets is over the limit of {MAX_BODY_OCTETS}")
    return size


def source(prefix: bytes, body: bytes) -> Address | None:
    """The client's address; None where the proxy speaks for itself (LOCAL) or knows none (UNSPEC, Unix sockets)."""
    if prefix[12] == _LOCAL:
        return None
    family = prefix[13]
    if family in (_UNSPEC, _UNIX):
        return None
    if family == _TCP4 and len(body) >= _TCP4_OCTETS:
        return ipaddress.IPv4Address(body[:4])
    if family == _TCP6 and len(body) >= _TCP6_OCTETS:
        address = ipaddress.IPv6Address(body[:16])
        return address.ipv4_mapped or address
    raise ProxyProtocolError(f"family {family:#04x} with {len(body)} octets of addresses")


def ended_tls(prefix: bytes, body: bytes) -> bool:
    """Whether the proxy says that the client came to it with TLS: PP2_TYPE_SSL with PP2_CLIENT_SSL (section 2.2.5)."""
    position = {_TCP4: _TCP4_OCTETS, _TCP6: _TCP6_OCTETS}.get(prefix[13], len(body))
    while position + _TLV_HEAD.size <= len(body):
        kind, size = _TLV_HEAD.unpack_from(body, position)
        position += _TLV_HEAD.size
        if kind == _TYPE_SSL:
            return 0 < size <= len(body) - position and bool(body[position] & _CLIENT_SSL)
        position += size
    return False
