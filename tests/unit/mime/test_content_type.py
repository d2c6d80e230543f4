"""Content-Type and Content-Disposition, well and badly written."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from skrytka.mime import content_type
from skrytka.mime.content_type import (
    DEFAULT_TEXT,
    MAX_PARAMETERS,
    parse_content_type,
    parse_disposition,
    parse_encoding,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"text/html", ("text", "html", ())),
        (b" TEXT / Html ;\r\n Charset = UTF-8", ("text", "html", (("charset", "UTF-8"),))),
        (b"text/plain charset=utf-8", ("text", "plain", (("charset", "utf-8"),))),
        (b"text/plain; charset=utf-8;;", ("text", "plain", (("charset", "utf-8"),))),
        (b'a/b; x="a\\"b;c\\\\d"; y=z', ("a", "b", (("x", 'a"b;c\\d'), ("y", "z")))),
        (b'a/b; x="open; y=z', ("a", "b", (("x", "open; y=z"),))),
        (b'a/b; x=""; y=', ("a", "b", (("x", ""), ("y", "")))),
        (b"a/b; x=1; X=2; y=3", ("a", "b", (("x", "1"), ("y", "3")))),
        (b"a/b; nonsense; =z; y=3", ("a", "b", (("y", "3"),))),
        (b"a/b; name=My File.pdf ; y=3", ("a", "b", (("name", "My File.pdf"), ("y", "3")))),
        (b"a/b (comment; x=1); y=3 (more)", ("a", "b", (("y", "3"),))),
        (b"(first) a/b; name=scan(1).pdf", ("a", "b", (("name", "scan(1).pdf"),))),
        (b'a/b; name="(no comment)"', ("a", "b", (("name", "(no comment)"),))),
        (b"a/b; name=caf\xe9; x=caf\xc3\xa9", ("a", "b", (("name", "caf\xe9"), ("x", "caf\xe9")))),
        (b"a/b; x=\x00y", ("a", "b", (("x", "y"),))),
        (b"", DEFAULT_TEXT),
        (None, DEFAULT_TEXT),
        (b"text", DEFAULT_TEXT),
        (b"text/; charset=utf-8", DEFAULT_TEXT),
        (b"/plain", DEFAULT_TEXT),
        (b"(unclosed a/b", DEFAULT_TEXT),
    ],
)
def test_content_types(raw: bytes | None, expected: Any) -> None:
    assert parse_content_type(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"x/y; filename*=utf-8''%C5%BC%C3%B3%C5%82w.txt", (("filename", "\u017c\xf3\u0142w.txt"),)),
        (b"x/y; filename*=iso-8859-2'pl'%BF.txt", (("filename", "\u017c.txt"),)),
        (b"x/y; filename*=%41b", (("filename", "Ab"),)),
        (b'x/y; f*0="one "; f*1=two; f*2="; three"', (("f", "one two; three"),)),
        (b"x/y; f*1=b; f*0=a; g=c", (("f", "ab"), ("g", "c"))),
        (b"x/y; f*0*=us-ascii'en'a%20; f*1*=%62; f*2=%63", (("f", "a b%63"),)),
        (b"x/y; f*0*=utf-8''%C5; f*1*=%BC", (("f", "\u017c"),)),
        (b"x/y; f=plain; f*=utf-8''better", (("f", "better"),)),
        (b"x/y; f*=bogus''%E9", (("f", "\xe9"),)),
        (b"x/y; f*x=1; *=2", (("f*x", "1"), ("*", "2"))),
        (b"x/y; f*=a'b", (("f", "a'b"),)),
    ],
)
def test_extended_parameters(raw: bytes | None, expected: Any) -> None:
    assert parse_content_type(raw)[2] == expected


def test_parameters_are_bounded() -> None:
    raw = b"a/b" + b"".join(b"; p%d=1" % n for n in range(MAX_PARAMETERS + 50))
    assert len(parse_content_type(raw)[2]) == MAX_PARAMETERS


def test_dispositions() -> None:
    assert parse_disposition(b'ATTACHMENT; filename="a.txt"') == ("attachment", (("filename", "a.txt"),))
    assert parse_disposition(b"inline") == ("inline", ())
    assert parse_disposition(b"; filename=x") == (None, ())
    assert parse_disposition(None) == (None, ())


def test_encodings() -> None:
    assert [
        parse_encoding(raw) for raw in (None, b"", b" Base64 ", b"8BIT;", b"(x) binary", b'"7bit"', b"text/html")
    ] == [
        "7bit",
        "7bit",
        "base64",
        "8bit",
        "binary",
        "7bit",
        "7bit",
    ]


def test_the_short_way_to_a_boundary_leads_where_the_parser_does() -> None:
    types = (b"multipart/mixed", b"Multipart/RELATED", b"multipart/x-mixed", b"text/plain")
    separators = (b";", b"; ", b";\r\n\t", b" ;", b" ")
    names = (b"boundary=", b"BOUNDARY=", b"boundary =", b"boundary*=", b"charset=")
    values = (b'"=_1"', b'"a b"', b'"a(b)"', b'"a\\b"', b'"a\\"b"', b'"\xc3\xa9"', b'"\0"', b'""', b'"a', b"a", b"(a)b")
    ends = (b"", b";", b"; charset=utf-8", b" (c)", b" d")
    for raw in map(b"".join, itertools.product(types, separators, names, values, ends)):
        assert content_type._content_type(raw) == content_type._parsed_content_type(raw), raw
