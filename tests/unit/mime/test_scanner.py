"""The scanner on mails whose tree is known exactly."""

from __future__ import annotations

from typing import Any

import pytest

from skrytka import mime
from skrytka.mime import scanner
from tests.unit.mime.trees import check_invariants, crlf, tree

TEXT = "text/plain"


def scanned(text: str | bytes) -> tuple[Any, ...]:
    octets = crlf(text) if isinstance(text, str) else text
    part = mime.scan(octets)
    check_invariants(octets, part)
    return tree(octets, part)


def test_offsets_headers_and_lines_of_a_plain_mail() -> None:
    octets = crlf("Subject: one\n two\nTo : ann@example.org\n\nfirst\nsecond\n")
    part = mime.scan(octets)
    assert (part.header_start, part.body_start, part.end, part.lines) == (0, 44, 59, 2)
    assert part.headers == (
        mime.Header(b"Subject", 0, 8, 20),
        mime.Header(b"To", 20, 24, 42),
    )
    assert (part.media_type, part.subtype, part.parameters) == ("text", "plain", (("charset", "us-ascii"),))
    assert (part.encoding, part.content_id, part.disposition, part.language) == ("7bit", None, None, ())


@pytest.mark.parametrize(
    ("octets", "body_start", "headers"),
    [
        (b"", 0, []),
        (b"\n", 1, []),
        (b"\r\nbody", 2, []),
        (b"no header at all", 16, []),
        (b"no header\n\nbody", 11, []),
        (b"Subject: only", 13, [b"Subject"]),
        (b"Subject: only\r\n", 15, [b"Subject"]),
        (b"A: 1\nB: 2\r\n\nbody", 12, [b"A", b"B"]),
        (b"A: 1\r\n\r\nbody\n\nmore", 8, [b"A"]),
        (b"A: 1\n\n\r\nbody", 6, [b"A"]),
        (b"From ann@example.org Mon Jan  1 00:00:00 2026\nA: 1\n\nbody", 52, [b"A"]),
        (b">From x\nA: 1\nnonsense\n folded: nonsense\nB: 2\n\n", 46, [b"A", b"B"]),
        (b": no name\nA: 1\n\n", 16, [b"A"]),
        (b"\x00\x00: x\nA: 1\n\n", 12, [b"A"]),
        (b"A: 1\n \t\n more\n\nbody", 15, [b"A"]),
        (b"\xff\xfe", 2, []),
    ],
)
def test_where_the_header_ends(octets: bytes, body_start: int, headers: list[bytes]) -> None:
    part = mime.scan(octets)
    check_invariants(octets, part)
    assert part.body_start == body_start
    assert [field.name for field in part.headers] == headers


def test_a_body_ends_before_the_line_end_of_the_delimiter() -> None:
    text = "Content-Type: multipart/mixed; boundary=x\n\npreamble\n--x\n\none\n\n--x\n\ntwo\n--x--\nepilogue\n"
    expected = ("multipart/mixed", [(TEXT, b"one\r\n"), (TEXT, b"two")])
    assert scanned(text) == expected
    assert scanned(text.encode()) == ("multipart/mixed", [(TEXT, b"one\n"), (TEXT, b"two")])


def test_mixed_line_ends() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=x\n\r\n--x\r\n\none\r\n--x\n\r\ntwo\n--x--"
    assert scanned(octets) == ("multipart/mixed", [(TEXT, b"one"), (TEXT, b"two")])


def test_the_final_delimiter_may_be_missing() -> None:
    text = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo\n"
    assert scanned(text) == ("multipart/mixed", [(TEXT, b"one"), (TEXT, b"two\r\n")])


def test_parts_without_body_or_anything() -> None:
    text = "Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n\n--x\nContent-Type: text/html\n--x\nA: 1\n\n--x--"
    assert scanned(text) == ("multipart/mixed", [(TEXT, b""), (TEXT, b""), ("text/html", b""), (TEXT, b"")])


def test_a_delimiter_at_the_very_end_begins_an_empty_part() -> None:
    assert scanned("Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x") == (
        "multipart/mixed",
        [(TEXT, b"one"), (TEXT, b"")],
    )


def test_blanks_after_a_delimiter_and_delimiters_within_lines() -> None:
    text = "Content-Type: multipart/mixed; boundary=x\n\n--x \t\n\nsee --x and\n --x\n--x-- \nend"
    assert scanned(text) == ("multipart/mixed", [(TEXT, b"see --x and\r\n --x")])


@pytest.mark.parametrize(("outer", "inner"), [("a", "ab"), ("ab", "a"), ("a", "a--b"), ("same", "same")])
def test_boundaries_that_begin_alike(outer: str, inner: str) -> None:
    text = (
        f"Content-Type: multipart/mixed; boundary={outer}\n\n--{outer}\n"
        f"Content-Type: multipart/alternative; boundary={inner}\n\n--{inner}\n\none\n--{inner}\n\ntwo\n--{inner}--\n"
        f"epilogue\n--{outer}\n\nthree\n--{outer}--\n"
    )
    assert scanned(text) == (
        "multipart/mixed",
        [("multipart/alternative", [(TEXT, b"one"), (TEXT, b"two")]), (TEXT, b"three")],
    )


def test_an_outer_delimiter_ends_inner_multiparts() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n"
        "--o\n\ntwo\n--i\nstill two\n--o--\n"
    )
    assert scanned(text) == (
        "multipart/mixed",
        [("multipart/mixed", [(TEXT, b"one")]), (TEXT, b"two\r\n--i\r\nstill two")],
    )


def test_embedded_mails() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n"
        "Subject: inner\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--i--\n--o\n"
        "Content-Type: MESSAGE/RFC822\n\nSubject: header only\n--o--\n"
    )
    octets = crlf(text)
    assert scanned(text) == (
        "multipart/mixed",
        [
            ("message/rfc822", [("multipart/mixed", [(TEXT, b"one")])]),
            ("message/rfc822", [(TEXT, b"")]),
        ],
    )
    first, second = mime.scan(octets).children
    assert octets[first.body_start : first.end].endswith(b"--i--")
    assert octets[second.body_start : second.end] == b"Subject: header only\r\n"


def test_a_digest_holds_mails_by_default() -> None:
    text = (
        "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nfirst\n--d\nContent-Type: text/plain\n\n"
        "second\n--d\nContent-Type: nonsense\n\nthird\n--d\nContent-ID: <4>\n\nSubject: four\n\nfourth\n--d--\n"
    )
    assert scanned(text) == (
        "multipart/digest",
        [
            ("message/rfc822", [(TEXT, b"first")]),
            (TEXT, b"second"),
            (TEXT, b"third"),
            ("message/rfc822", [(TEXT, b"fourth")]),
        ],
    )


@pytest.mark.parametrize("content_type", ["multipart/mixed", 'multipart/mixed; boundary=""', "multipart", "text/", "/"])
def test_what_cannot_be_taken_apart_is_text(content_type: str) -> None:
    assert scanned(f"Content-Type: {content_type}\n\n--x\n\none\n") == (TEXT, b"--x\r\n\r\none\r\n")


def test_a_boundary_that_never_occurs_leaves_one_empty_text() -> None:
    assert scanned("Content-Type: multipart/mixed; boundary=x\n\nonly preamble\n") == ("multipart/mixed", [(TEXT, b"")])
    assert scanned("Content-Type: multipart/mixed; boundary=x\n\n--x--\n") == ("multipart/mixed", [(TEXT, b"")])
    assert scanned("Content-Type: multipart/mixed; boundary=x") == ("multipart/mixed", [(TEXT, b"")])


def test_the_first_of_a_repeated_field_counts() -> None:
    assert scanned("Content-Type: text/html\nContent-Type: image/png\n\nx") == ("text/html", b"x")


def test_all_mime_fields() -> None:
    octets = crlf(
        'Content-Type: Image/PNG; Name="a.png"\nContent-Transfer-Encoding: BASE64 (why)\nContent-ID: <id@x>\n'
        "Content-Description: A\n picture\nContent-Disposition: Inline; FileName=b.png\nContent-Language: en, pl\n"
        "Content-Location: http://x/\nContent-MD5: Q2hlY2s=\n\n"
    )
    part = mime.scan(octets)
    assert (part.media_type, part.subtype, part.parameters) == ("image", "png", (("name", "a.png"),))
    assert (part.encoding, part.content_id, part.description) == ("base64", "<id@x>", "A picture")
    assert (part.disposition, part.disposition_parameters) == ("inline", (("filename", "b.png"),))
    assert (part.language, part.location, part.md5) == (("en", "pl"), "http://x/", "Q2hlY2s=")


def test_depth_is_bounded_and_what_lies_deeper_is_opaque() -> None:
    octets = b"Content-Type: message/rfc822\n\n" * (scanner.MAX_DEPTH + 20)
    part = mime.scan(octets)
    assert check_invariants(octets, part) == scanner.MAX_DEPTH + 1
    while part.children:
        part = part.children[0]
    assert (part.media_type, part.subtype) == scanner.TOO_DEEP


def test_parts_are_bounded_and_the_rest_stays_in_the_last() -> None:
    body_parts = b"--x\n\nbody\n" * (scanner.MAX_PARTS + 100)
    octets = b"Content-Type: multipart/mixed; boundary=x\n\n" + body_parts
    part = mime.scan(octets)
    assert check_invariants(octets, part) == scanner.MAX_PARTS
    assert octets[part.children[-1].body_start : part.end] == body_parts[10 * (scanner.MAX_PARTS - 2) + 5 :]


def test_header_fields_are_bounded() -> None:
    octets = b"a:\n" * (scanner.MAX_FIELDS + 10)
    part = mime.scan(octets)
    assert len(part.headers) == scanner.MAX_FIELDS
    check_invariants(octets, part)
