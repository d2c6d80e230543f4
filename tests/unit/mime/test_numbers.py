"""IMAP part numbers on the example of RFC 3501 section 6.4.5."""

from __future__ import annotations

from skrytka import mime
from skrytka.mime import Part

OCTETS = b"""Content-Type: multipart/mixed; boundary=a

--a
Content-Type: text/plain; n=1

--a
Content-Type: application/octet-stream; n=2

--a
Content-Type: message/rfc822; n=3

Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; n=3.1

--b
Content-Type: message/rfc822; n=3.2

Content-Type: text/plain; n=3.2.1

text
--b--
--a
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/gif; n=4.1

--c
Content-Type: message/rfc822; n=4.2

Content-Type: multipart/mixed; boundary=d

--d
Content-Type: text/plain; n=4.2.1

--d--
--c--
--a--
"""


def found(numbers: str) -> str | None:
    part = mime.find(mime.scan(OCTETS), [int(number) for number in numbers.split(".")])
    return None if part is None else dict(part.parameters).get("n", f"{part.media_type}/{part.subtype}")


def test_every_number() -> None:
    for numbers in ("1", "2", "3", "3.1", "3.2", "3.2.1", "4.1", "4.2", "4.2.1"):
        assert found(numbers) == numbers
    assert found("4") == "multipart/mixed"


def test_no_such_part() -> None:
    for numbers in ("0", "5", "1.1", "3.3", "3.2.2", "3.2.1.1", "4.3", "4.2.2", "4.2.1.1", "-1"):
        assert found(numbers) is None


def test_the_mail_itself_and_its_only_part() -> None:
    part = mime.scan(b"Subject: x\n\nbody")
    assert mime.find(part, []) is part
    assert mime.find(part, [1]) is part
    assert mime.find(part, [1, 1]) is None
    assert mime.find(part, [2]) is None


def test_a_mail_that_is_nothing_but_another_mail() -> None:
    part: Part = mime.scan(b"Content-Type: message/rfc822\n\nSubject: x\n\nbody")
    assert mime.find(part, [1]) is part
    assert mime.find(part, [1, 1]) is part.children[0]
    assert mime.find(part, [1, 1, 1]) is None
