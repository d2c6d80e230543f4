"""Client addresses: which networks are trusted, and what counts as one client."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_address(text: str) -> Address:
    """The address behind ``text``; an IPv4 client of a dual-stack socket (``::ffff:192.0.2.1``) is that IPv4 client."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks named in a setting; ``ValueError`` names the one that is none."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def contains(networks: Sequence[Network], address: Address) -> bool:
    return any(address in network for network in networks)


def client_key(address: Address) -> int:
    """What per-address limits count: an IPv4 address, or an IPv6 /64, because one customer is handed at least that."""
    number = int(address)
    return number if address.version == 4 else (number >> 64) | (1 << 128)
