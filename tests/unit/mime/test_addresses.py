"""Address lists as ENVELOPE wants them."""

from __future__ import annotations

from typing import Any

import pytest

from skrytka.mime import Address, parse_addresses
from skrytka.mime.addresses import GROUP_END, MAX_ADDRESSES


def a(mailbox: bytes, host: bytes, name: bytes | None = None, route: bytes | None = None) -> Address:
    return Address(name, route, mailbox, host)


def group(name: bytes) -> Address:
    return Address(None, None, name, None)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"ann@example.org", [a(b"ann", b"example.org")]),
        (b"<ann@example.org>", [a(b"ann", b"example.org")]),
        (b"Ann Lee <ann@example.org>", [a(b"ann", b"example.org", b"Ann Lee")]),
        (b'"Lee, Ann" <ann@example.org>', [a(b"ann", b"example.org", b"Lee, Ann")]),
        (b'"q\\"x\\\\" <a@b>', [a(b"a", b"b", b'q"x\\')]),
        (b'"" <a@b>', [a(b"a", b"b")]),
        (b"a@b, c@d,e@f", [a(b"a", b"b"), a(b"c", b"d"), a(b"e", b"f")]),
        (b"(nobody)", []),
        (b"g: a@b; (the end)", [group(b"g"), a(b"a", b"b"), GROUP_END]),
        (b"a@b (Ann Lee)", [a(b"a", b"b", b"Ann Lee")]),
        (b"a@b (Ann (the \\( best) Lee)", [a(b"a", b"b", b"Ann (the ( best) Lee")]),
        (b"John (the boss) Doe <j@x>", [a(b"j", b"x", b"John Doe")]),
        (b"John Q. Public <j@x>", [a(b"j", b"x", b"John Q. Public")]),
        (b"Mary\r\n Smith <m@x>", [a(b"m", b"x", b"Mary Smith")]),
        (b"=?utf-8?Q?=C5=BB?= <z@x>", [a(b"z", b"x", b"=?utf-8?Q?=C5=BB?=")]),
        (b"Jos\xc3\xa9 <jos\xc3\xa9@caf\xc3\xa9.example>", [a(b"jos\xc3\xa9", b"caf\xc3\xa9.example", b"Jos\xc3\xa9")]),
        (b"Jos\xe9 <j@x>", [a(b"j", b"x", b"Jos\xe9")]),
        (b'"ann lee"@x', [a(b"ann lee", b"x")]),
        (b'"ann"."lee"@x', [a(b"ann.lee", b"x")]),
        (b"ann . lee @ example . org", [a(b"ann.lee", b"example.org")]),
        (b"<@a,@b.c:ann@x>", [a(b"ann", b"x", None, b"@a,@b.c")]),
        (b"Ann <@a:ann@x>", [a(b"ann", b"x", b"Ann", b"@a")]),
        (b"ann@[192.0.2.1]", [a(b"ann", b"[192.0.2.1]")]),
        (b"undisclosed-recipients:;", [group(b"undisclosed-recipients"), GROUP_END]),
        (
            b"The team: a@b, C <c@d>; , e@f",
            [group(b"The team"), a(b"a", b"b"), a(b"c", b"d", b"C"), GROUP_END, a(b"e", b"f")],
        ),
        (b"team: a@b", [group(b"team"), a(b"a", b"b"), GROUP_END]),
        (b"ann@x <ann@y>", [a(b"ann", b"y", b"ann@x")]),
        (b"ann", [a(b"ann", b"")]),
        (b"Ann Lee", [a(b"Ann Lee", b"")]),
        (b"<ann>", [a(b"ann", b"")]),
        (b"Ann <>", [a(b"", b"", b"Ann")]),
        (b"<>", []),
        (b"", []),
        (None, []),
        (b" , ,;", []),
        (b"@x", [a(b"", b"x")]),
        (b'"unclosed <a@b>', [a(b"unclosed <a@b>", b"")]),
        (b"(unclosed", []),
        (b"Ann <a@b", [a(b"a", b"b", b"Ann")]),
        (b"a@b; c@d", [a(b"a", b"b"), a(b"c", b"d")]),
        # a comma is missing
        (b"Ann <a@b> Bob <c@d>", [a(b"a", b"b", b"Ann"), a(b"c", b"d", b"Bob")]),
        (b"<a@b> <c@d>", [a(b"a", b"b"), a(b"c", b"d")]),
        (b"a@b c@d", [a(b"a", b"b"), a(b"c", b"d")]),
        (b"a@b (Ann) c@d (Bob)", [a(b"a", b"b", b"Ann"), a(b"c", b"d", b"Bob")]),
        (b"a@b Bob <c@d>, e@f", [a(b"a", b"b"), a(b"c", b"d", b"Bob"), a(b"e", b"f")]),
        (b"Ann <a@b> and others, c@d", [a(b"a", b"b", b"Ann"), a(b"c", b"d")]),
        (b"a@b and others", [a(b"a", b"b")]),
        (b"g: Ann <a@b> c@d;", [group(b"g"), a(b"a", b"b", b"Ann"), a(b"c", b"d"), GROUP_END]),
        # angle brackets are missing
        (b"Ann Lee ann@example.org", [a(b"ann", b"example.org", b"Ann Lee")]),
        (b"Ann Lee ann . lee@x", [a(b"ann.lee", b"x", b"Ann Lee")]),
        (b'"Lee, Ann" ann@x (at home)', [a(b"ann", b"x", b"Lee, Ann")]),
        (b"Ann ann@x <ann@y>", [a(b"ann", b"y", b"Ann ann@x")]),
    ],
)
def test_address_lists(raw: bytes | None, expected: Any) -> None:
    assert list(parse_addresses(raw)) == expected


def test_addresses_are_bounded() -> None:
    assert len(parse_addresses(b"a@b," * (MAX_ADDRESSES + 10))) == MAX_ADDRESSES
