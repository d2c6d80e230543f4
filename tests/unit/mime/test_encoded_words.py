"""RFC 2047, with the examples of its section 8 and the sins of senders."""

from __future__ import annotations

import pytest

from skrytka import mime


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain", "plain"),
        (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=  \r\n =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", "If you can read this yo"),
        (b"=?utf-8?q?=C5=BB=C3=B3=C5=82w?=", "\u017b\xf3\u0142w"),
        (b"=?utf-8?B?xbs?=", "\u017b"),
        (b"=?utf-8?B?xbs!!?=", "\u017b"),
        (b"=?utf-8?Q?=C5?= =?utf-8?Q?=BB?=", "\u017b"),
        (b"=?utf-8*pl?Q?=C5=BB?=", "\u017b"),
        (b"=?utf-8?Q?with blanks inside?=", "with blanks inside"),
        (b"=?utf-8?Q?bad =ZZ?=", "bad =ZZ"),
        (b"a=?utf-8?Q?b?=c", "abc"),
        (b"=?bogus?Q?=E9?=", "\xe9"),
        (b"=?gb2312?B?xOO6ww==?=", "\u4f60\u597d"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\u65e5\u672c"),
        (b"=?utf-7?Q?+2AA-?=", "\ufffd"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?utf-8?Q?unclosed", "=?utf-8?Q?unclosed"),
        (b"=?utf-8?Q??=", ""),
        (b"caf\xc3\xa9", "caf\xe9"),
        (b"caf\xe9", "caf\xe9"),
        (b"a\x00b=?utf-8?Q?=00?=", "ab"),
        (b"folded\r\n\tonce", "folded\tonce"),
    ],
)
def test_decode_header(raw: bytes, expected: str) -> None:
    assert mime.decode_header(raw) == expected
