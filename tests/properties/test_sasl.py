"""Messages of SASL: for any octets there is a message or ``Malformed``, and what a client writes is what is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skrytka import sasl
from skrytka.sasl import oauth_messages, scram_messages
from tests.issuers import oauthbearer, xoauth2
from tests.scram_client import NONCE, ScramClient

PARSERS: tuple[Callable[[bytes], object], ...] = (
    scram_messages.client_first,
    scram_messages.client_final,
    oauth_messages.oauthbearer,
    oauth_messages.xoauth2,
)
PIECES = st.lists(
    st.sampled_from(
        [b"n", b"y", b"p=x", b",", b",,", b"a=b", b"n=", b"r=", b"c=", b"p=", b"=2C", b"=", b"\x01", b"AAAA"]
    )
    | st.sampled_from([b"user=", b"auth=", b"Bearer ", b"token", b"\xff", b"\x00", "ż".encode()])
).map(b"".join)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x01"), min_size=1)


@given(octets=st.binary() | PIECES)
def test_any_octets_are_a_message_or_malformed(octets: bytes) -> None:
    for parse in PARSERS:
        with suppress(sasl.Malformed):
            assert parse(octets) == parse(octets)


@given(name=NAMES, authzid=NAMES)
@example(name="a,b=c", authzid="=2C=3D")
def test_what_a_client_writes_is_read(name: str, authzid: str) -> None:
    first = scram_messages.client_first(ScramClient(name, "", "y", authzid=authzid).first())
    assert (first.flag, first.name, first.authzid, first.nonce) == ("y", name, authzid, NONCE)
    assert oauth_messages.xoauth2(xoauth2("t", name)) == oauth_messages.Bearer(name, "t")
    escaped = name.replace("=", "=3D").replace(",", "=2C")
    assert oauth_messages.oauthbearer(oauthbearer("t", escaped)) == oauth_messages.Bearer(name, "t")


@pytest.mark.parametrize(
    "octets",
    [
        b"n,," + b"n=" + b"=2C" * 100_000,
        b"n,,n=a,r=a" + b",x=a" * 100_000 + b",",
        b"c=AAAA,r=a" + b",p=a" * 100_000 + b"=",
        b"n,,\x01" + b"auth=Bearer a " * 50_000,
        b"user=\x01" + b"auth=Bearer     " * 50_000 + b"\x01",
        b"n,,\x01" + b"a=\x01" * 100_000,
    ],
)
@pytest.mark.timeout(20)
def test_long_ones_take_no_longer_than_they_are(octets: bytes) -> None:
    for parse in PARSERS:
        with pytest.raises(sasl.Malformed):
            parse(octets)
