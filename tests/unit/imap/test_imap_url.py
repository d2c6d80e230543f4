"""IMAP URLs: what is one of a message, and that nothing else ever is or fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka_imap.commands import Partial, Section, SectionText
from skrytka_imap.imap_url import ImapUrl, parse_url

WHOLE = Section()


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        (b"/INBOX/;UID=20", ImapUrl(None, None, True, "INBOX", None, 20, WHOLE, None)),
        (b"/a/b;uidvalidity=7/;uid=1", ImapUrl(None, None, True, "a/b", 7, 1, WHOLE, None)),
        (b"Entw%C3%BCrfe/;UID=1", ImapUrl(None, None, False, "Entw\u00fcrfe", None, 1, WHOLE, None)),
        (
            b";UID=1/;SECTION=1.2.MIME/;PARTIAL=3.4",
            ImapUrl(None, None, False, None, None, 1, Section((1, 2), SectionText.MIME), Partial(3, 4)),
        ),
        (
            b"imap://ann%40example.org;AUTH=*@Mail.example:993/INBOX/;UID=1/;SECTION=TEXT",
            ImapUrl("mail.example", "ann@example.org", True, "INBOX", None, 1, Section((), SectionText.TEXT), None),
        ),
        (b"//mail.example/INBOX/;UID=1", ImapUrl("mail.example", None, True, "INBOX", None, 1, WHOLE, None)),
    ],
)
def test_urls_of_messages(url: bytes, parsed: ImapUrl) -> None:
    assert parse_url(url) == parsed


@pytest.mark.parametrize(
    "url",
    [
        b"",
        b"/",
        b"/INBOX",
        b"/;UID=1",
        b"/INBOX/;UID=0",
        b"/INBOX/;UID=4294967296",
        b"/INBOX/;UID=1/",
        b"/INBOX/;UID=1/;SECTION=",
        b"/INBOX/;UID=1/;SECTION=TEXT%20x",
        b"/INBOX/;UID=1/;SECTION=%00",
        b"/INBOX?ALL",
        b"/IN%ZZ/;UID=1",
        b"/%FF/;UID=1",
        b"/\xc3\xa9/;UID=1",
        b"http://mail.example/INBOX/;UID=1",
        b"/INBOX/;UID=1\n",
    ],
)
def test_what_is_no_url_of_a_message(url: bytes) -> None:
    assert parse_url(url) is None


@given(
    st.lists(
        st.sampled_from([b"/", b";UID=1", b"INBOX", b";SECTION=", b";PARTIAL=", b"1.2", b"%", b"imap:", b"@", b"\xff"])
        | st.binary(max_size=4),
        max_size=12,
    )
)
def test_any_octets_are_a_url_or_none(pieces: list[bytes]) -> None:
    url = parse_url(b"".join(pieces))
    assert url is None or url.uid > 0
