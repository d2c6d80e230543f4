"""Addresses and limits."""

from __future__ import annotations

import pytest

from skrytka.connections.limits import ConnectionLimits
from skrytka.connections.networks import client_key, contains, parse_address, parse_networks


def test_an_ipv4_client_of_a_dual_stack_socket_is_that_client() -> None:
    assert str(parse_address("::ffff:192.0.2.1")) == "192.0.2.1"
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"


def test_networks_of_both_families() -> None:
    networks = parse_networks(("10.1.2.3/8", "2001:db8::/32", "192.0.2.1"))
    assert contains(networks, parse_address("10.255.0.1"))
    assert contains(networks, parse_address("2001:db8:1::1"))
    assert contains(networks, parse_address("::ffff:192.0.2.1"))
    assert not contains(networks, parse_address("192.0.2.2"))
    with pytest.raises(ValueError, match="10\\.0\\.0\\.0/99"):
        parse_networks(("10.0.0.0/99",))


def test_an_ipv6_client_is_its_64() -> None:
    assert client_key(parse_address("2001:db8::1")) == client_key(parse_address("2001:db8::ffff:1"))
    assert client_key(parse_address("2001:db8::1")) != client_key(parse_address("2001:db8:0:1::1"))
    assert client_key(parse_address("192.0.2.1")) != client_key(parse_address("192.0.2.2"))
    assert client_key(parse_address("0.0.0.0")) != client_key(parse_address("::"))


def test_limits_count_up_and_down() -> None:
    limits = ConnectionLimits(2, 1)
    assert limits.enter()
    assert limits.enter()
    assert not limits.enter()
    limits.leave()
    assert limits.enter()
    assert limits.enter_from(7)
    assert not limits.enter_from(7)
    assert limits.enter_from(8)
    limits.leave_from(7)
    assert limits.enter_from(7)
