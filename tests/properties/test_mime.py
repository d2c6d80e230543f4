"""Any octets yield a tree that covers them, in linear time; nothing derived from it fails."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka import mime
from skrytka.mime import Part, addresses, scanner
from skrytka.mime.headers import unfold
from skrytka.mime.html import html_to_text
from tests.unit.mime.trees import check_invariants

LINES = st.sampled_from(
    [
        b"",
        b" ",
        b"text",
        b"\0",
        b"From ann",
        b"--",
        b"--a",
        b"--a--",
        b"--ab",
        b"--ab--",
        b"--a--b",
        b"Subject: =?utf-8?Q?=C5?=",
        b"From: Ann <ann@x>, g: b@c;",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/alternative; boundary=ab",
        b'Content-Type: multipart/digest; boundary="a--b"',
        b"Content-Type: message/rfc822",
        b"Content-Type: multipart/mixed",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b" boundary=ab",
    ]
)
LINE_ENDS = st.sampled_from([b"\r\n", b"\n", b"\r\n\r\n", b"\n\n", b"\r", b""])
NASTY_MAILS = st.lists(st.tuples(LINES, LINE_ENDS), max_size=60).map(
    lambda pairs: b"".join(line + end for line, end in pairs)
)


def derive_everything(octets: bytes, part: Part) -> None:
    for field in part.headers:
        value = octets[field.value_start : field.end]
        mime.decode_header(value).encode()
        mime.parse_addresses(value)
        mime.sent_date(value)
    mime.envelope(octets, part)
    mime.decode_text(octets, part).encode()
    for number, child in enumerate(part.children, 1):
        if part.media_type == "multipart":
            assert mime.find(part, [number]) is child
        derive_everything(octets, child)


@given(st.one_of(st.binary(max_size=2_000), NASTY_MAILS))
def test_any_octets_yield_a_tree_that_covers_them(octets: bytes) -> None:
    part = mime.scan(octets)
    check_invariants(octets, part)
    derive_everything(octets, part)
    assert len(mime.preview(octets, part)) <= 256


@given(st.binary(max_size=300))
def test_any_octets_as_any_field(octets: bytes) -> None:
    mime.parse_addresses(octets)
    mime.decode_header(octets).encode()
    mime.sent_date(octets)
    for name in (b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding", b"Content-Language"):
        mail = name + b": " + octets
        check_invariants(mail, mime.scan(mail))


@given(st.binary(max_size=300), st.text(max_size=20), st.sampled_from(["base64", "quoted-printable", "x-uue"]))
def test_any_body_in_any_charset(body: bytes, charset: str, encoding: str) -> None:
    octets = (
        b'Content-Type: text/html; charset="' + charset.encode() + b'"\nContent-Transfer-Encoding: ' + encoding.encode()
    )
    octets += b"\n\n" + body
    part = mime.scan(octets)
    mime.decode_text(octets, part).encode()
    mime.preview(octets, part).encode()


_PIECES = [
    b"a",
    b"b.c",
    b" ",
    b"<",
    b">",
    b"@",
    b'"',
    b".",
    b"  ",
    b"=?x?q?y?=",
    b"\t",
    b"\xc3\xa9",
    b"x y",
    b",",
    b"(c)",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=9).map(b"".join))
def test_the_short_way_to_an_address_leads_where_the_parser_does(raw: bytes) -> None:
    assert addresses.parse_addresses(raw) == (addresses._parsed(unfold(raw)) if raw else ())


@given(st.text(alphabet="<>!-/abscript &;\n", max_size=300))
def test_any_html(html: str) -> None:
    html_to_text(html)


def nested(size: int) -> bytes:
    """Multiparts within multiparts whose boundaries all begin alike, and a body of near misses."""
    depth = scanner.MAX_DEPTH - 1
    levels = [b"a" * level for level in range(1, depth)]
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\n\n--%b\n" % (boundary, boundary) for boundary in levels
    )
    return opening + b"\n" + b"\n--b" * (size // 4)


NASTY: dict[str, Callable[[int], bytes]] = {
    "near misses below every level": nested,
    "delimiters only": lambda size: b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * (size // 4),
    "multiparts that never end": lambda size: (
        b"Content-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\nContent-Type: multipart/mixed; boundary=never\n\n" * (size // 50)
    ),
    "embedded mails": lambda size: b"Content-Type: message/rfc822\n\n" * (size // 30),
    "blanks in a field": lambda size: b"Content-Type: a/b" + b" " * size,
    "parameters without end": lambda size: b"Content-Type: a/b" + b"; a" * (size // 3),
    "blanks between no parameters": lambda size: b"Content-Disposition: a; b" + b" ;" * (size // 2),
    "continuations": lambda size: b"Content-Type: a/b" + b"".join(b"; a*%d*=%%41" % n for n in range(size // 12)),
    "quotes in a field": lambda size: b'To: "' + b'\\"' * (size // 2),
    "comments in a field": lambda size: b"To: " + b"(" * size,
    "routes in a field": lambda size: b"To: <" + b"@a," * (size // 3),
    "angles in a field": lambda size: b"To: " + b"a<" * (size // 2),
    "encoded words": lambda size: b"To: " + b"=?a?q?b?= " * (size // 10),
    "beginnings of encoded words": lambda size: b"Subject: " + b"=?a?q?" * (size // 6),
    "carriage returns": lambda size: b"Subject: " + b"\r" * size,
    "names without a colon": lambda size: b"a" * size,
    "folds": lambda size: b"Subject: a\n" + b" b\n" * (size // 3),
    "fields": lambda size: b"a:\n" * (size // 3),
    "base64 of rubbish": lambda size: b"Content-Transfer-Encoding: base64\n\n" + b"a=*" * (size // 3),
    "html comments": lambda size: b"Content-Type: text/html\n\n" + b"<!-" * (size // 3),
}


@pytest.mark.parametrize("kind", NASTY)
def test_time_grows_with_the_size_alone(kind: str) -> None:
    """Sixteen times the octets may take sixteen times the work, not 256 times. The processor's time counts, not the clock's:
    what else runs on the machine is no matter."""
    small, large = (seconds(NASTY[kind](size)) for size in (16_384, 262_144))
    assert large < max(small, 0.002) * 90, (small, large)


def seconds(octets: bytes) -> float:
    """Processor time, the best of three, everything that delivery and listing derive included."""
    best = float("inf")
    for _ in range(3):
        begun = time.thread_time()
        part = mime.scan(octets)
        envelope = mime.envelope(octets, part)
        mime.decode_header(envelope.subject or mime.header_value(octets, part, "to") or b"")
        mime.preview(octets, part)
        mime.decode_text(octets, part)
        best = min(best, time.thread_time() - begun)
    return best
