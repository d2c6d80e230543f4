"""What SORT and THREAD compare of a mail (RFC 5256, RFC 5957)."""

from __future__ import annotations

import hashlib
import time

import pytest

from skrytka.plugin_api import mime
from skrytka_imap.message_ids import digests
from skrytka_imap.sort_keys import LONGEST_TEXT, NO_KEYS, SortKeys, derive_sort_keys, sort_keys


def keys_of(header: str) -> SortKeys:
    octets = header.encode() + b"\r\n\r\nbody"
    return sort_keys(derive_sort_keys(octets, mime.scan(octets)))


def test_an_empty_mail_has_none() -> None:
    assert keys_of("") == NO_KEYS == sort_keys(b"") == sort_keys(None)


def test_dates_are_in_utc() -> None:
    assert keys_of("Date: 31 Dec 2000 16:01:33 -0800").date == 978_307_293
    assert keys_of("Date: 31 Dec 1899 00:00:00 +0000").date == -2_208_988_800 - 86_400
    assert keys_of("Date: x").date is None


@pytest.mark.parametrize(
    ("value", "mailbox", "display"),
    [
        ("Ann <ann.lee@Example.org>, bob@x", "ANN.LEE", "ANN"),
        ("ann@Example.org", "ANN", "ANN@EXAMPLE.ORG"),
        ('"" <ann@x>', "ANN", "ANN@X"),
        ("=?utf-8?Q?=C3=84?= <a@x>", "A", "A\u0308"),
        ("friends: ann@x, bob@x;", "FRIENDS", "FRIENDS"),
        ("", "", ""),
    ],
)
def test_addresses(value: str, mailbox: str, display: str) -> None:
    for name in ("From", "To", "Cc"):
        keys = keys_of(f"{name}: {value}")
        found = {"From": keys.from_, "To": keys.to, "Cc": keys.cc}[name]
        assert found.decode() == mailbox
        assert {"From": keys.display_from, "To": keys.display_to, "Cc": display.encode()}[name].decode() == display


def test_long_texts_are_cut_where_they_are_equal() -> None:
    one, other = keys_of("Subject: " + "\u00e9" * 200 + "a"), keys_of("Subject: " + "e\u0301" * 200 + "b")
    assert one.subject == other.subject
    assert len(one.subject.decode()) == LONGEST_TEXT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'<"01KF8JCEOCBS0045PS"@xxx.yyy.com>', b"<01KF8JCEOCBS0045PS@xxx.yyy.com>"),
        (b'< "a"."b c"@x >', b'<"a.b\\ c"@x>'),
        (b"<a@[x\\y]>", b"<a@[xy]>"),
        (b'<"a\\"b"@x>', b'<a"\\""b@x>'),
    ],
)
def test_quoting_makes_no_other_message_id(one: bytes, other: bytes) -> None:
    assert digests(one) == digests(other) != []


def test_message_ids_are_case_sensitive() -> None:
    assert digests(b"<a@b>") != digests(b"<A@b>")


@pytest.mark.parametrize("value", [b"", b"a@b", b"<ab>", b"<a@>", b"<@b>", b"<a@b@c>", b"<a b@c>", b"<a@b"])
def test_what_is_no_message_id(value: bytes) -> None:
    assert digests(value) == []


@pytest.mark.parametrize("unending", [b"<a@[", b"<a@\\[", b'<"', b'<\\"', b'<a"<', b'<"a@[<"', b"<a@[\\["])
def test_what_begins_like_a_message_id_takes_no_longer_than_it_is_long(unending: bytes) -> None:
    short, long = (_seconds(unending * count) for count in (250, 4_000))
    assert long < max(short, 0.002) * 90, (short, long)


def _seconds(value: bytes) -> float:
    begun = time.thread_time()
    assert digests(value) == []
    return time.thread_time() - begun


def test_a_backslash_may_stand_in_a_message_id() -> None:
    assert digests(b"<here\\ann@b>") == [_digest(b"here\\ann@b")]


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=8).digest()


def test_references() -> None:
    a, b, c = _digest(b"a@x"), _digest(b"b@x"), _digest(b"c@x")
    assert keys_of("References: <a@x>\r\n\t<b@x> junk <c@x>\r\nIn-Reply-To: <d@x>").references == a + b + c
    assert keys_of("References: none\r\nIn-Reply-To: Message of ann@x <a@x> <b@x>").references == a
    assert keys_of("Message-ID: <a@x> <b@x>").message_id == a
    many = keys_of("References: " + " ".join(f"<{number}@x>" for number in range(3_000)))
    assert many.references[-8:] == _digest(b"2999@x")
    assert len(many.references) == 8_000
