"""Values of header fields, and the envelope made of them."""

from __future__ import annotations

from skrytka import mime
from skrytka.mime import Address
from tests.unit.mime.trees import crlf

OCTETS = crlf(
    "From: Ann <ann@example.org>\nTO: bob@example.org\nTo: carol@example.org\nSubject: =?utf-8?Q?a?=\n  folded\n"
    "Date:  Mon, 1 Jun 2026 10:00:00 +0200 \nMessage-ID: <1@x>\nReply-To: \nX-Empty:\n\nbody"
)


def test_header_values() -> None:
    part = mime.scan(OCTETS)
    assert mime.header_value(OCTETS, part, "subject") == b"=?utf-8?Q?a?=\r\n  folded"
    assert mime.header_value(OCTETS, part, "to") == b"bob@example.org"
    assert mime.header_values(OCTETS, part, "To") == [b"bob@example.org", b"carol@example.org"]
    assert mime.header_value(OCTETS, part, "X-Empty") == b""
    assert mime.header_value(OCTETS, part, "X-Missing") is None
    assert mime.header_value(OCTETS, part, "Zażółć\udc80") is None


def test_unfold() -> None:
    assert mime.unfold(b" a\r\n b\n\tc\r\n") == b"a b\tc"


def test_envelope() -> None:
    ann = (Address(b"Ann", None, b"ann", b"example.org"),)
    assert mime.envelope(OCTETS, mime.scan(OCTETS)) == mime.Envelope(
        date=b"Mon, 1 Jun 2026 10:00:00 +0200",
        subject=b"=?utf-8?Q?a?=  folded",
        from_=ann,
        sender=ann,
        reply_to=ann,
        to=(Address(None, None, b"bob", b"example.org"), Address(None, None, b"carol", b"example.org")),
        cc=(),
        bcc=(),
        in_reply_to=None,
        message_id=b"<1@x>",
    )


def test_envelope_of_nothing() -> None:
    assert mime.envelope(b"", mime.scan(b"")) == mime.Envelope(None, None, (), (), (), (), (), (), None, None)


def test_sender_and_reply_to_of_their_own() -> None:
    octets = b"From: a@b\nSender: c@d\nReply-To: e@f\n\n"
    envelope = mime.envelope(octets, mime.scan(octets))
    assert [addresses[0].mailbox for addresses in (envelope.from_, envelope.sender, envelope.reply_to)] == [
        b"a",
        b"c",
        b"e",
    ]
