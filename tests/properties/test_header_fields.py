"""Looking for one field finds what looking at all of them finds, whatever the header."""

from __future__ import annotations

from hypothesis import given, strategies

from skrytka_imap.header_fields import values_by_name, values_named

PIECES = strategies.sampled_from(
    [b"from", b"From", b"FROM", b"to", b"fromage", b":", b" ", b"\t", b"\n", b"\r\n", b"\r", b"x", b"\xff", b"\0", b""]
)
HEADERS = strategies.lists(PIECES, max_size=40).map(b"".join)
NAMES = strategies.sampled_from(
    [b"from", b"to", b"x", b"fromage", b"from:", b"from x", b"", b"\xff", b"from\n", b"none"]
)


@given(header=HEADERS, name=NAMES)
def test_one_name_is_as_all_names(header: bytes, name: bytes) -> None:
    assert values_named(header, name) == values_by_name(header).get(name, [])
