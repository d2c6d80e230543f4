"""BODY[...]: labels, octets, partial fetches."""

from __future__ import annotations

import time

import pytest

from skrytka.plugin_api import mime
from skrytka_imap import sections
from skrytka_imap.commands import BodySection, FetchAttribute, Partial, Section, SectionText
from skrytka_imap.sections import Needs

T = SectionText

HEADER = (
    b"From: ann@example.org\r\nX-Long: a\r\n\tb\r\n from: c\r\nfrom : dan\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
)
EMBEDDED_HEADER = b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
EMBEDDED_BODY = b"--y\r\n\r\ndeep\r\n--y--\r\n"
MAIL_MIME = b"Content-Type: message/rfc822\r\nX-Part: 2\r\n\r\n"
PLAIN_MIME = b"Content-Type: message/rfc822\r\n\r\n"
PLAIN_HEADER = b"Subject: plain\r\n\r\n"
BODY = (
    (b"--x\r\n\r\none\r\n--x\r\n" + MAIL_MIME + EMBEDDED_HEADER + EMBEDDED_BODY)
    + (b"\r\n--x\r\n" + PLAIN_MIME + PLAIN_HEADER)
    + b"words\r\n--x--\r\nepilogue"
)
OCTETS = HEADER + BODY
PART = mime.scan(OCTETS)

EXTRACTS = [
    (Section(), OCTETS),
    (Section(text=T.HEADER), HEADER),
    (Section(text=T.TEXT), BODY),
    (Section((), T.HEADER_FIELDS, (b"FROM",)), b"From: ann@example.org\r\nfrom : dan\r\n\r\n"),
    (Section((), T.HEADER_FIELDS, (b"x-long", b"subject")), b"X-Long: a\r\n\tb\r\n from: c\r\n\r\n"),
    (Section((), T.HEADER_FIELDS, (b"none.at.all",)), b"\r\n"),
    (
        Section((), T.HEADER_FIELDS_NOT, (b"from", b"x-long")),
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n",
    ),
    (Section((1,)), b"one"),
    (Section((1,), T.MIME), b"\r\n"),
    (Section((1,), T.HEADER), None),
    (Section((1,), T.TEXT), None),
    (Section((1, 1)), None),
    (Section((2,)), EMBEDDED_HEADER + EMBEDDED_BODY),
    (Section((2,), T.MIME), MAIL_MIME),
    (Section((2,), T.HEADER), EMBEDDED_HEADER),
    (Section((2,), T.TEXT), EMBEDDED_BODY),
    (Section((2,), T.HEADER_FIELDS, (b"subject",)), b"Subject: inner\r\n\r\n"),
    (Section((2, 1)), b"deep"),
    (Section((2, 2)), None),
    (Section((3, 1)), b"words"),
    (Section((3, 1), T.MIME), PLAIN_HEADER),
    (Section((3, 2)), None),
    (Section((4,)), None),
    (Section((4294967295,)), None),
]


@pytest.mark.parametrize(("section", "expected"), EXTRACTS)
def test_extracts(section: Section, expected: bytes | None) -> None:
    assert sections.extract(OCTETS, PART, section) == expected


@pytest.mark.parametrize(("origin", "count"), [(0, 1), (3, 5), (0, 10_000), (10_000, 5), (2, 4294967295)])
@pytest.mark.parametrize(("section", "whole"), EXTRACTS)
def test_partial_extracts(section: Section, whole: bytes | None, origin: int, count: int) -> None:
    expected = None if whole is None else whole[origin : origin + count]
    assert sections.extract(OCTETS, PART, section, Partial(origin, count)) == expected


@pytest.mark.parametrize("section", [section for section, _ in EXTRACTS if sections.needs(section) is Needs.HEADER])
def test_the_header_alone_is_enough(section: Section) -> None:
    for partial in (None, Partial(4, 20)):
        whole = sections.extract(OCTETS, PART, section, partial)
        assert sections.extract_from_header(HEADER, section, partial) == whole


def test_part_one_of_a_mail_without_parts_is_its_body() -> None:
    mail = b"Subject: x\r\n\r\nbody"
    part = mime.scan(mail)
    assert sections.extract(mail, part, Section((1,))) == b"body"
    assert sections.extract(mail, part, Section((1,), T.MIME)) == b"Subject: x\r\n\r\n"
    assert sections.extract(mail, part, Section((1, 1))) is None


def test_many_long_names_are_as_good_as_few() -> None:
    """A pattern made of these names took 3 s to compile, and a MB to keep."""
    names = (*(b"x" * 990 + b"%d" % number for number in range(1_000)), b"FROM", b"x-long")
    few, many = (Section((), T.HEADER_FIELDS, listed) for listed in ((b"from", b"x-long"), names))
    began = time.process_time()
    assert sections.extract_from_header(HEADER, many) == sections.extract_from_header(HEADER, few)
    few, many = (Section((), T.HEADER_FIELDS_NOT, listed) for listed in ((b"from", b"x-long"), names))
    assert sections.extract_from_header(HEADER, many) == sections.extract_from_header(HEADER, few)
    assert time.process_time() - began < 0.5


def test_a_header_without_blank_line_gets_none() -> None:
    mail = b"Subject: x\r\nTo: y"
    fields = Section((), T.HEADER_FIELDS, (b"subject",))
    assert sections.extract_from_header(mail, fields) == b"Subject: x\r\n"
    assert sections.extract_from_header(b"\r\nbody", fields) == b""
    assert sections.extract_from_header(b"\r\n", fields) == b"\r\n"
    assert sections.extract_from_header(b"A: b\n\n", fields) == b"\n"


@pytest.mark.parametrize(
    ("section", "needs"),
    [
        (Section(), Needs.OCTETS),
        (Section(text=T.HEADER), Needs.HEADER),
        (Section((), T.HEADER_FIELDS_NOT, (b"x",)), Needs.HEADER),
        (Section(text=T.TEXT), Needs.PARTS),
        (Section((1,)), Needs.PARTS),
        (Section((1,), T.HEADER), Needs.PARTS),
    ],
)
def test_needs(section: Section, needs: Needs) -> None:
    assert sections.needs(section) is needs


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (BodySection(Section(), peek=True), b"BODY[]"),
        (BodySection(Section(), False, Partial(7, 9)), b"BODY[]<7>"),
        (BodySection(Section((1, 2))), b"BODY[1.2]"),
        (BodySection(Section((1, 2), T.MIME)), b"BODY[1.2.MIME]"),
        (BodySection(Section((), T.HEADER)), b"BODY[HEADER]"),
        (
            BodySection(Section((3,), T.HEADER_FIELDS_NOT, (b"From", b'X"]')), True, Partial(0, 1)),
            b'BODY[3.HEADER.FIELDS.NOT (From "X\\"]")]<0>',
        ),
        (FetchAttribute.RFC822, b"RFC822"),
        (FetchAttribute.RFC822_TEXT, b"RFC822.TEXT"),
    ],
)
def test_labels(item: BodySection | FetchAttribute, expected: bytes) -> None:
    assert sections.label(item) == expected


def test_old_items_are_sections() -> None:
    assert sections.section_of(FetchAttribute.RFC822) == Section()
    assert sections.section_of(FetchAttribute.RFC822_HEADER) == Section(text=T.HEADER)
    assert sections.section_of(FetchAttribute.RFC822_TEXT) == Section(text=T.TEXT)
    assert sections.section_of(FetchAttribute.FLAGS) is None
    assert sections.section_of(BodySection(Section((1,)))) == Section((1,))
    assert sections.partial_of(FetchAttribute.RFC822) is None
    assert sections.partial_of(BodySection(Section(), partial=Partial(1, 2))) == Partial(1, 2)
