"""``i;unicode-casemap`` (RFC 5051), and the texts that searches look at."""

from __future__ import annotations

import pytest

from skrytka import mime


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello", "hELLO"),
        ("\u00e9", "E\u0301"),
        ("\u03c3", "\u03a3"),
        ("\u01c6", "\u01c4"),
        ("\u2126", "\u03c9"),
        ("\uff21", "a"),
        ("\ud55c", "\u1112\u1161\u11ab"),
    ],
)
def test_texts_that_are_the_same(one: str, other: str) -> None:
    assert mime.unicode_casemap(one) == mime.unicode_casemap(other)


@pytest.mark.parametrize(("one", "other"), [("\u00df", "ss"), ("a", "b"), ("\u0131", "\u0130"), ("a b", "ab")])
def test_texts_that_are_not(one: str, other: str) -> None:
    """Title case is one character for one: the sharp s stays what it is."""
    assert mime.unicode_casemap(one) != mime.unicode_casemap(other)


def test_a_letter_is_found_in_what_it_is_decomposed_into() -> None:
    assert mime.unicode_casemap("cafe") in mime.unicode_casemap("Caf\u00e9")


def test_the_texts_of_a_mail() -> None:
    texts = mime.search_texts(
        b"Subject: =?utf-8?Q?=C3=A4?=\r\n b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/html\r\n\r\n<p>one<b>two</b><script>no</script>\r\n"
        b"--x\r\nContent-Type: text/plain; name=file\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--"
    )
    assert texts.header.split("\n")[0] == "SUBJECT: A\u0308 B"
    assert [text.strip() for text in texts.bodies] == ["ONETWO", "HELLO"]
    assert texts.part_headers[1:] == [
        "CONTENT-TYPE: TEXT/PLAIN; NAME=FILE\nCONTENT-TRANSFER-ENCODING: BASE64\n\n",
        "FILE",
    ]
    assert texts.regular
    assert mime.values_in(texts.header, b"subject") == ["A\u0308 B"]


def test_what_a_report_says_is_text() -> None:
    texts = mime.search_texts(
        b"Content-Type: multipart/report; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; ann@example.org\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: once\r\n\r\nbody\r\n--x--"
    )
    assert [text.split("\n")[0].strip() for text in texts.bodies] == [
        "FINAL-RECIPIENT: RFC822; ANN@EXAMPLE.ORG",
        "SUBJECT: ONCE",
        "BODY",
    ]


@pytest.mark.parametrize(
    "header", [b"no field\r\n", b"no field: a\r\n\r\n", b"A: =?utf-8?B?Cm46?=\r\n\r\n", b":\r\n\r\n"]
)
def test_headers_whose_fields_their_text_does_not_tell(header: bytes) -> None:
    assert mime.search_texts(header + b"Subject: a\r\n").regular == (b":" not in header)
