"""Bodies decoded: transfer encodings, charsets, HTML, previews."""

from __future__ import annotations

from typing import Any

import pytest

from skrytka import mime
from skrytka.mime.charsets import codec_name, decode_octets
from skrytka.mime.html import html_to_text


def mail(encoding: str, body: bytes, content_type: str = "text/plain; charset=utf-8") -> bytes:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("7bit", b"as is =41", b"as is =41"),
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("base64", b"aGVsbG8", b"hello"),
        ("base64", b"aGVsbG8=A", b"hello"),
        ("base64", b"a", b""),
        ("base64", b"a-G V*s", b"hel"),
        ("quoted-printable", b"a=\r\nb=3D=C5=BB =\nc=", b"ab=\xc5\xbb c"),
        ("quoted-printable", b"under_score =zz", b"under_score =zz"),
        ("x-uuencode", b"begin 644 f\r\n#86)C\r\n\x01broken\r\n`\r\nend\r\n", b"abc"),
        ("x-uuencode", b"no uu", b"no uu"),
        ("x-unknown", b"left alone", b"left alone"),
    ],
)
def test_decode_body(encoding: str, body: bytes, expected: Any) -> None:
    octets = mail(encoding, body)
    assert mime.decode_body(octets, mime.scan(octets)) == expected


@pytest.mark.parametrize(
    ("charset", "body", "expected"),
    [
        ("utf-8", b"\xc5\xbb\xff", "\u017b\ufffd"),
        ("iso-8859-2", b"\xbf", "\u017c"),
        ("ISO-8859-1", b"\x93quoted\x94", "\u201cquoted\u201d"),
        ("us-ascii", b"caf\xc3\xa9", "caf\xe9"),
        ("us-ascii", b"caf\xe9", "caf\xe9"),
        ("nobody-knows", b"caf\xe9", "caf\xe9"),
        ("base64", b"aGVs", "aGVs"),
        ("idna", b"xn--x", "xn--x"),
        ("ks_c_5601-1987", b"\xc7\xd1", "\ud55c"),
        ("shift_jis", b"\x93\xfa", "\u65e5"),
        ("unicode-1-1-utf-7", b"+ZeU-", "\u65e5"),
        ("utf-16", b"\x00\xd8a", "\ufffd"),
        ("'utf-8'", b"\xc5\xbb", "\u017b"),
    ],
)
def test_decode_text(charset: str, body: bytes, expected: Any) -> None:
    octets = mail("8bit", body, f"text/plain; charset={charset}")
    assert mime.decode_text(octets, mime.scan(octets)) == expected


def test_every_codec_of_python_is_safe_as_a_charset() -> None:
    import encodings.aliases

    for name in {*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "idna", "undefined", "a\0b", ""}:
        codec_name(name)
        decode_octets(bytes(range(256)), name).encode("utf-8")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello&nbsp;&lt;b&gt; <b>world</b></p>", "\nHello\xa0<b> world\n"),
        ("<style>p {}</style><script>a < b</script>text", "  text"),
        ("a<!-- <b> -->b<br>c", "ab\nc"),
        ("1 < 2 and <unclosed", "1 < 2 and "),
        ("<!-- never closed", ""),
        ("<script>never closed", " "),
        ("&bogus; &#x41; &#xFFFFFFFF;", "&bogus; A \ufffd"),
    ],
)
def test_html_to_text(html: str, expected: Any) -> None:
    assert html_to_text(html) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("&#" + "1" * 5_000 + ";", "\ufffd"),
        ("&#x" + "1" * 5_000 + ";", "\ufffd"),
        ("&#1114112;", "\ufffd"),
        ("&#1000000000;", "\ufffd"),
        ("&#" + "0" * 5_000 + "65;", "A"),
        ("&#" + "0" * 5_000 + ";", "\ufffd"),
        ("&#000000000346", "\u015a"),
    ],
)
def test_characters_by_numbers_however_long(reference: str, expected: str) -> None:
    octets = mail("7bit", f"a{reference}b".encode(), "text/html")
    assert html_to_text(f"a{reference}b") == f"a{expected}b"
    assert mime.preview(octets, mime.scan(octets)) == f"a{expected}b"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/plain", b"Hello\r\n\r\n  there,\tBob\r\n", "Hello there, Bob"),
        ("text/plain", b"> quoted\r\nmy words\r\n-- \r\nsignature", "my words"),
        ("text/plain", b"> only\r\n> quoted", "> only > quoted"),
        ("text/html", b"<style>x</style><p>Hi</p><p>Bob</p>", "Hi Bob"),
        ("text/plain", b"", ""),
        ("text/calendar", b"BEGIN:VCALENDAR", ""),
        ("image/png", b"\x89PNG", ""),
        ("text/plain; charset=utf-8", "zażółć\u200b\r\n".encode(), "zażółć"),
        ("text/plain", b"a\x00b", "a b"),
    ],
)
def test_preview(content_type: str, body: bytes, expected: Any) -> None:
    octets = mail("8bit", body, content_type)
    assert mime.preview(octets, mime.scan(octets)) == expected


def test_preview_is_short_and_reads_no_more_than_it_needs() -> None:
    octets = mail("base64", b"YWJj" * 1_000_000)
    part = mime.scan(octets)
    assert mime.preview(octets, part) == ("abc" * 100)[:256]
    assert mime.preview(octets, part, limit=5) == "abcab"


def test_preview_takes_the_first_part_that_says_something() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment\n\nattached\n"
        b"--x\n\n \n--x\nContent-Type: message/rfc822\n\nA: 1\n\nforwarded\n--x\nContent-Type: text/html\n\n<b>this</b>\n--x--"
    )
    assert mime.preview(octets, mime.scan(octets)) == "this"
