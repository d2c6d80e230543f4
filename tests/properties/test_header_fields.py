"""Looking for one field finds what looking at all of them finds, whatever the header."""

from __future__ import annotations

from hypothesis import given, strategies

from skrytka_imap.header_fields import values_by_name, values_named

LINES = strategies.builds(
    lambda *parts: b"".join(parts),
    strategies.sampled_from([b"from", b"From", b"FROM", b"to", b"fromage", b"x", b"", b" ", b"\t", b"\xff", b"\0"]),
    strategies.sampled_from([b":", b": ", b" :", b"\t :", b"::", b" ", b"", b"x"]),
    strategies.sampled_from([b"", b"value", b"from: to", b"\r", b" "]),
    strategies.sampled_from([b"\r\n", b"\n", b"\n\n", b"\r\n ", b""]),
)
HEADERS = strategies.lists(LINES, max_size=10).map(b"".join)
NAMES = strategies.sampled_from(
    [b"from", b"to", b"x", b"fromage", b"from:", b"from x", b"", b"\xff", b"from\n", b"none"]
)


@given(header=HEADERS, name=NAMES)
def test_one_name_is_as_all_names(header: bytes, name: bytes) -> None:
    assert values_named(header, name) == values_by_name(header).get(name, [])
