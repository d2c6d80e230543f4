"""ENVELOPE, BODYSTRUCTURE and BODY, octet by octet."""

from __future__ import annotations

import time

import msgspec

from skrytka.model import ContentId, Flags, MailboxId, MessageRow, ModSeq, Uid
from skrytka.plugin_api import mime
from skrytka_imap.body import body_from
from skrytka_imap.commands import Fetch, FetchAttribute, SequenceSet
from skrytka_imap.handlers.fetch_plan import ROW_ITEMS, Mail, plan_of
from skrytka_imap.renditions import (
    FIELD_OCTETS,
    NO_ENVELOPE,
    RENDITIONS,
    derive_bodystructure,
    derive_envelope,
    opaque_structure,
)
from skrytka_imap.sort_keys import SortKeys

RICH = (
    b'From: "Ann \\"A\\" Lee" <ann@example.org>\r\nSender: bob@example.org\r\n'
    b"Reply-To: =?utf-8?q?Z=C3=B3?= <zo@example.org>\r\nTo: team: bob@example.org, carol@example.org;\r\n"
    b"Cc: \r\nBcc: dan\r\nDate: Mon, 1 Jun 2026 10:00:00 +0200\r\nSubject: folded\r\n over two\r\n"
    b"In-Reply-To: <1@example.org>\r\nMessage-ID: <2@example.org>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="=_x"\r\nContent-Language: en, de\r\n\r\npreamble\r\n'
    b"--=_x\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n"
    b"Content-ID: <p1>\r\nContent-Description: words\r\nContent-MD5: abc==\r\n\r\none\r\ntwo\r\n\r\n"
    b"--=_x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: eve@example.org\r\n\r\nhello\r\n\r\n"
    b"--=_x\r\nContent-Type: application/pdf; name=\xc3\xa9.pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''%C3%A9%20b.pdf; size=4\r\nContent-Location: here\r\n\r\nAAAA\r\n"
    b"--=_x--\r\n"
)

ENVELOPE = (
    b'("Mon, 1 Jun 2026 10:00:00 +0200" "folded over two" (("Ann \\"A\\" Lee" NIL "ann" "example.org")) '
    b'((NIL NIL "bob" "example.org")) (("=?utf-8?q?Z=C3=B3?=" NIL "zo" "example.org")) '
    b'((NIL NIL "team" NIL)(NIL NIL "bob" "example.org")(NIL NIL "carol" "example.org")(NIL NIL NIL NIL)) '
    b'NIL ((NIL NIL "dan" "")) "<1@example.org>" "<2@example.org>")'
)

INNER_ENVELOPE = (
    b'(NIL "inner" ((NIL NIL "eve" "example.org")) ((NIL NIL "eve" "example.org")) ((NIL NIL "eve" "example.org")) '
    b"NIL NIL NIL NIL NIL)"
)
TEXT = b'("text" "plain" ("charset" "utf-8" "format" "flowed") "<p1>" "words" "8bit" 10 2'
MAIL = b'("message" "rfc822" NIL NIL NIL "7bit" 48 ' + INNER_ENVELOPE
INNER = b' ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1'
PDF = b'("application" "pdf" ("name*" "utf-8\'\'%C3%A9.pdf") NIL NIL "base64" 4'

BODYSTRUCTURE = (
    b"("
    + (TEXT + b' "abc==" NIL NIL NIL)')
    + (MAIL + INNER + b" NIL NIL NIL NIL) 4 NIL NIL NIL NIL)")
    + (PDF + b' NIL ("attachment" ("filename*" "utf-8\'\'%C3%A9%20b.pdf" "size" "4")) NIL "here")')
    + b' "mixed" ("boundary" "=_x") NIL ("en" "de") NIL)'
)
BODY = b"(" + TEXT + b")" + MAIL + INNER + b") 4)" + PDF + b') "mixed")'


def test_envelope() -> None:
    assert derive_envelope(RICH, mime.scan(RICH)) == ENVELOPE


def test_bodystructure() -> None:
    assert derive_bodystructure(RICH, mime.scan(RICH)) == BODYSTRUCTURE


def test_body_is_bodystructure_without_its_extension() -> None:
    assert body_from(BODYSTRUCTURE) == BODY


def test_an_empty_mail() -> None:
    part = mime.scan(b"")
    assert derive_envelope(b"", part) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    structure = derive_bodystructure(b"", part)
    assert structure == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)'
    assert body_from(structure) == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)'


def test_a_text_without_charset_is_ascii() -> None:
    mail = b"Content-Type: text/html; name=x\r\n\r\n"
    assert derive_bodystructure(mail, mime.scan(mail)) == (
        b'("text" "html" ("name" "x" "charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)'
    )


def test_octets_that_are_not_ascii_go_out_unchanged() -> None:
    mail = b"Subject: \xc3\xa9 \xff\r\nContent-Description: )\xc3\xa9(\r\n\r\nx"
    part = mime.scan(mail)
    assert derive_envelope(mail, part) == b"(NIL {4}\r\n\xc3\xa9 \xff NIL NIL NIL NIL NIL NIL NIL NIL)"
    structure = derive_bodystructure(mail, part)
    assert structure == (b'("text" "plain" ("charset" "us-ascii") NIL {4}\r\n)\xc3\xa9( "7bit" 1 0 NIL NIL NIL NIL)')
    assert body_from(structure) == b'("text" "plain" ("charset" "us-ascii") NIL {4}\r\n)\xc3\xa9( "7bit" 1 0)'


def test_body_takes_time_by_its_octets() -> None:
    """9 000 parts took 0.6 s."""
    parts = b"--=\r\nContent-Description: )\xc3\xa9 1 NIL NIL NIL NIL)(\r\n\r\n\r\n" + b"--=\r\n\r\n\r\n" * 4_500
    mail = b"Content-Type: multipart/mixed; boundary==\r\n\r\n" + parts + b"--=--\r\n"
    structure = derive_bodystructure(mail, mime.scan(mail))
    plain = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)'
    described = plain.replace(b"NIL NIL", b"NIL {23}\r\n)\xc3\xa9 1 NIL NIL NIL NIL)(", 1)
    began = time.process_time()
    body = body_from(structure)
    assert time.process_time() - began < 0.2
    assert body == b"(" + described + plain * 4_500 + b' "mixed")'


def test_what_the_hook_gets() -> None:
    mail = b"Subject: x\r\n\r\n"
    part = mime.scan(mail)
    assert {rendition.name: rendition.derive(mail, part) for rendition in RENDITIONS} == {
        "imap.envelope": b'(NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL)',
        "imap.bodystructure": b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
        "preview": b"",
        "imap.sort": msgspec.msgpack.encode(SortKeys(subject=b"X")),
    }


def test_a_long_text_is_cut_and_a_large_structure_is_one_part() -> None:
    """Embedded headers are the sender's to choose; many renditions are in memory together."""
    inner = b"Subject: " + b"x" * 100_000 + b"\r\n\r\nhello"
    mail = b"Content-Type: message/rfc822\r\n\r\n" + inner
    structure = derive_bodystructure(mail, mime.scan(mail))
    assert b'"' + b"x" * FIELD_OCTETS + b'"' in structure
    assert len(structure) < FIELD_OCTETS + 1_000
    part = b"--=\r\nContent-Type: message/rfc822\r\n\r\nSubject: " + b"y" * 5_000 + b"\r\n\r\nhello\r\n"
    many = b"Content-Type: multipart/mixed; boundary==\r\n\r\n" + part * 300 + b"--=--\r\n"
    structure = derive_bodystructure(many, mime.scan(many))
    assert structure == opaque_structure(len(many) - many.index(b"\r\n\r\n") - 4)
    assert body_from(structure) == b'("application" "octet-stream" NIL NIL NIL "binary" %d)' % (
        len(many) - many.index(b"\r\n\r\n") - 4
    )


def test_what_could_not_be_derived_has_a_stand_in() -> None:
    items = (FetchAttribute.ENVELOPE, FetchAttribute.BODYSTRUCTURE, FetchAttribute.BODY)
    row = MessageRow(Uid(1), Flags.NONE, (), ModSeq(1), 0, 0, 7, ContentId(1))
    plan = plan_of(Fetch(SequenceSet(((1, 1),)), items, uid=False), MailboxId(1), condstore=False)
    empty = Mail(row, (b"",) * len(plan.renditions), None, None, None)
    assert [ROW_ITEMS[item].of(empty) for item in items] == [
        b"ENVELOPE " + NO_ENVELOPE,
        b"BODYSTRUCTURE " + opaque_structure(7),
        b'BODY ("application" "octet-stream" NIL NIL NIL "binary" 7)',
    ]
