"""SEARCH: what the listing decides, what each further fact decides, charsets."""

from __future__ import annotations

import time
from array import array

import pytest

from skrytka.plugin_api import model
from skrytka_imap.commands import Search
from skrytka_imap.commands.search import Uids
from skrytka_imap.commands.sequence_set import NOTHING
from skrytka_imap.grammar import parse
from skrytka_imap.search import BadCharset, Listing, Needs, compiled, with_numbers_fixed
from skrytka_imap.search.planes import Planes
from tests.searches import matcher_of

F = model.Flags
LISTING = Listing(
    uids=array("I", [3, 5, 6, 9]),
    flags=array("B", [0, F.SEEN, F.SEEN | F.DELETED, F.FLAGGED]),
    modseqs=array("Q", [10, 30, 20, 40]),
    keywords={5: ("Work", "x"), 7: ("work",), 9: ("work",)},
    recent=(range(6, 10),),
)
EMPTY = Listing(array("I"), array("B"), array("Q"), {})

MAIL = (
    b"From: =?utf-8?q?=C5=BBaneta?= <zaneta@example.org>\r\nTo: Bob\r\n <bob@example.net>\r\n"
    b"Subject: numbers\r\nSubject: second\r\nX-Empty:\r\nDate: Tue, 2 Jun 2026 00:30:00 +1200\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain; charset=iso-8859-2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Pozdrowienia, =BFaba\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner title\r\n\r\ninner words\r\n"
    b"--x\r\nContent-Type: application/octet-stream;\r\n name=secret.pdf\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''%C5%BCuk.pdf\r\n\r\nhidden attachment\r\n--x--\r\n"
)
HEADER = MAIL[: MAIL.index(b"\r\n\r\n") + 4]
ROW = model.MessageRow(
    model.Uid(3), F.NONE, (), model.ModSeq(10), 1780272000, 1780272000, 1000, model.ContentId(1)
)  # 1-Jun-2026 00:00:00 UTC


def search_of(keys: bytes, literal: bytes | None = None) -> Search:
    pieces = (b"a SEARCH " + keys,) if literal is None else (b"a SEARCH " + keys, literal, b"")
    command = parse(pieces).command
    assert isinstance(command, Search)
    return command


def places(keys: bytes, listing: Listing = LISTING) -> tuple[list[int], list[int]]:
    matcher = matcher_of(search_of(keys), listing)
    return matcher.found, matcher.undecided


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (b"ALL", [0, 1, 2, 3]),
        (b"SEEN", [1, 2]),
        (b"UNSEEN", [0, 3]),
        (b"SEEN UNDELETED", [1]),
        (b"OR DELETED FLAGGED", [2, 3]),
        (b"NOT OR DELETED FLAGGED", [0, 1]),
        (b"NOT (SEEN DELETED)", [0, 1, 3]),
        (b"NEW", [3]),
        (b"OLD", [0, 1]),
        (b"RECENT", [2, 3]),
        (b"KEYWORD WORK", [1, 3]),
        (b"UNKEYWORD work", [0, 2]),
        (b"KEYWORD none", []),
        (b"2:3", [1, 2]),
        (b"*", [3]),
        (b"4:99", [3]),
        (b"99", []),
        (b"UID 4:6", [1, 2]),
        (b"UID 100:*", [3]),
        (b"NOT UID 4:6", [0, 3]),
        (b"MODSEQ 30", [1, 3]),
        (b"SEEN NOT SEEN BODY x", []),
        (b"OR ALL BODY x", [0, 1, 2, 3]),
    ],
)
def test_what_the_listing_decides(keys: bytes, found: list[int]) -> None:
    assert places(keys) == (found, [])


@pytest.mark.parametrize(
    ("keys", "found", "undecided"),
    [
        (b"LARGER 5", [], [0, 1, 2, 3]),
        (b"SEEN BODY x", [], [1, 2]),
        (b"OR SEEN BODY x", [1, 2], [0, 3]),
        (b"NOT (SEEN BODY x)", [0, 3], [1, 2]),
        (b"2 NOT OR SEEN BODY x", [], []),
    ],
)
def test_what_it_leaves_open(keys: bytes, found: list[int], undecided: list[int]) -> None:
    assert places(keys) == (found, undecided)


@pytest.mark.parametrize("keys", [b"ALL", b"1:*", b"*", b"UID 1:*", b"NOT ALL", b"BODY x", b"NOT BODY x", b"RECENT"])
def test_an_empty_folder_has_nothing_to_find(keys: bytes) -> None:
    assert places(keys, EMPTY) == ([], [])


def test_flags_in_wider_arrays() -> None:
    wide = Listing(LISTING.uids, array("l", LISTING.flags), LISTING.modseqs, {})
    assert places(b"SEEN", wide) == ([1, 2], [])


@pytest.mark.parametrize(
    ("keys", "needs"),
    [
        (b"SEEN", Needs.VIEW),
        (b"NOT LARGER 5", Needs.ROW),
        (b"OR FROM x LARGER 5", Needs.HEADER),
        (b"SENTON 1-Jan-2026", Needs.HEADER),
        (b"(SEEN TEXT x) FROM x", Needs.OCTETS),
    ],
)
def test_needs(keys: bytes, needs: Needs) -> None:
    assert matcher_of(search_of(keys), LISTING).needs is needs


@pytest.mark.parametrize(
    ("keys", "effort"),
    [
        (b"SEEN LARGER 5", 1),
        (b"SUBJECT a", 1),
        (b"OR SUBJECT a NOT (TEXT b BODY c)", 3),
        (b"FUZZY (SUBJECT a BODY b) SUBJECT c", 17),
    ],
)
def test_what_is_looked_for_in_a_mail_more_than_once_counts_as_more_work(keys: bytes, effort: int) -> None:
    assert matcher_of(search_of(keys), LISTING).effort == effort


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        (b"LARGER 999", True),
        (b"LARGER 1000", False),
        (b"SMALLER 1001", True),
        (b"SMALLER 1000", False),
        (b"ON 1-Jun-2026", True),
        (b"ON 31-May-2026", False),
        (b"ON 2-Jun-2026", False),
        (b"BEFORE 1-Jun-2026", False),
        (b"BEFORE 2-Jun-2026", True),
        (b"SINCE 1-Jun-2026", True),
        (b"SINCE 2-Jun-2026", False),
        (b"FROM x", None),
        (b"FROM x LARGER 1000", False),
        (b"OR FROM x SMALLER 5000", True),
        (b"NOT FROM x", None),
        (b'BODY ""', True),
        (b"BODY x SEEN", False),
    ],
)
def test_what_the_row_decides(keys: bytes, verdict: bool | None) -> None:
    assert matcher_of(search_of(keys), LISTING).decide(0, ROW) is verdict


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        (b"FROM zaneta", True),
        (b"FROM example.NET", False),
        (b'TO "bob <bob"', True),
        (b"CC bob", False),
        (b"SUBJECT NUMB", True),
        (b"SUBJECT second", True),
        (b'HEADER X-Empty ""', True),
        (b'HEADER X-None ""', False),
        (b"HEADER Content-Type mixed", True),
        (b"SENTON 2-Jun-2026", True),
        (b"SENTON 1-Jun-2026", False),
        (b"SENTBEFORE 2-Jun-2026", False),
        (b"SENTSINCE 2-Jun-2026", True),
        (b"TEXT second", True),
        (b"TEXT inner", None),
        (b"BODY second", None),
        (b"BODY x FROM nobody", False),
    ],
)
def test_what_the_header_decides(keys: bytes, verdict: bool | None) -> None:
    assert matcher_of(search_of(keys), LISTING).decide(0, ROW, HEADER) is verdict


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        (b"BODY pozdrowienia", True),
        (b"BODY second", False),
        (b"TEXT second", True),
        (b"BODY inner", True),
        (b'BODY "inner title"', True),
        (b"BODY hidden", False),
        (b"BODY boundary", False),
        (b"TEXT numberssubject", False),
        (b"TEXT octet-stream", True),
        (b"TEXT secret.pdf", True),
        (b"BODY secret.pdf", False),
        (b'TEXT "name=secret"', True),
        (b"NOT BODY inner", False),
        (b"FROM zaneta BODY inner", True),
        (b"SENTON 2-Jun-2026", True),
    ],
)
def test_what_the_octets_decide(keys: bytes, verdict: bool) -> None:
    matcher = matcher_of(search_of(keys), LISTING)
    assert matcher.decide(0, ROW, octets=MAIL) is verdict
    assert matcher.decide(0, ROW, HEADER, MAIL) is verdict


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (b"FROM ", "żANETA".encode()),
        (b"CHARSET UTF-8 FROM ", "Żaneta".encode()),
        (b"CHARSET utf-8 FROM ", "Z\u0307aneta".encode()),
        (b"CHARSET ISO-8859-2 BODY ", "ŻABA".encode("iso-8859-2")),
        (b"CHARSET UTF-8 TEXT ", "Żuk.pdf".encode()),
        (b"CHARSET UTF-16BE BODY ", "żaba".encode("utf-16-be")),
        (b"CHARSET US-ASCII BODY ", b"INNER WORDS"),
    ],
)
def test_charsets(keys: bytes, text: bytes) -> None:
    assert matcher_of(search_of(keys, text), LISTING).decide(0, ROW, octets=MAIL) is True


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (b"CHARSET none FROM ", b"x"),
        (b"CHARSET rot13 FROM ", b"x"),
        (b"CHARSET base64 FROM ", b"x"),
        (b"CHARSET idna FROM ", b"x"),
        (b"CHARSET unicode_escape FROM ", b"x"),
        (b"CHARSET undefined FROM ", b"x"),
        (b'CHARSET "../x" FROM ', b"x"),
        (b'CHARSET "" FROM ', b"x"),
        (b"CHARSET US-ASCII FROM ", b"\xc3\xa9"),
        (b"CHARSET UTF-8 FROM ", b"\xff"),
        (b"FROM ", b"\xff"),
    ],
)
def test_bad_charsets(keys: bytes, text: bytes) -> None:
    with pytest.raises(BadCharset):
        matcher_of(search_of(keys, text), LISTING)


@pytest.mark.parametrize("keys", [b"NOT " * 128 + b"BODY zzz", b"OR FROM a " * 128 + b"BODY inner"])
def test_keys_nested_as_deep_as_allowed(keys: bytes) -> None:
    matcher = matcher_of(search_of(keys), LISTING)
    assert matcher.undecided == [0, 1, 2, 3]
    assert matcher.decide(0, ROW, octets=MAIL) is (b"inner" in keys)


@pytest.mark.parametrize("numbers", [[], [0], [1, 255, 256, 257, 65_535, 65_536, 2**40, 2**63 - 1], [7, 7, 3]])
@pytest.mark.parametrize("least", [0, 1, 7, 8, 255, 256, 65_536, 2**40 + 1, 2**63 - 1])
def test_planes_compare_as_numbers_do(numbers: list[int], least: int) -> None:
    members = Planes(array("Q", numbers)).at_least(least)
    assert list(members.to_bytes(len(numbers), "little")) == [number >= least for number in numbers]


MANY = 20_000
KEYWORDED = Listing(
    uids=array("I", range(1, MANY + 1)),
    flags=array("B", bytes(MANY)),
    modseqs=array("Q", range(1, MANY + 1)),
    keywords={uid: ("$A", f"k{uid % 7}") for uid in range(1, MANY + 1)},
)


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        (b" ".join(b"UNKEYWORD none%d" % number for number in range(999)), MANY),
        (b" ".join(b"MODSEQ %d" % number for number in range(998)), MANY - 996),
        (b"OR KEYWORD k3 KEYWORD K4", len([uid for uid in range(1, MANY + 1) if uid % 7 in (3, 4)])),
    ],
    ids=["keywords", "modseqs", "or"],
)
async def test_many_keys_over_many_messages_take_little_and_let_others_run(keys: bytes, count: int) -> None:
    """Each of these keys walked over all messages: 999 took 25 s, and nobody else ran."""
    turns = 0

    async def breathe() -> None:
        nonlocal turns
        turns += 1

    search = search_of(keys)
    began = time.process_time()
    matcher = await compiled(search, KEYWORDED, breathe)
    assert time.process_time() - began < 1
    assert (len(matcher.found), matcher.undecided) == (count, [])
    assert turns >= (9 if b"KEYWORD" in keys else 998)


def test_headers_are_decoded_once_for_all_keys() -> None:
    header = b"".join(b"X-%d: =?utf-8?q?=C5=BB?= %d\r\n" % (number, number) for number in range(500)) + b"\r\n"
    matcher = matcher_of(
        search_of(b" ".join(b"NOT HEADER X-%d zzz" % (number % 500) for number in range(500))), LISTING
    )
    began = time.process_time()
    assert all(matcher.decide(0, ROW, header) for _ in range(10))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("keys", "fixed"),
    [
        (b"2:3", b"UID 5:6"),
        (b"1,4:*", b"UID 3,9:9"),
        (b"*", b"UID 9:9"),
        (b"3:9", b"UID 6:9"),
        (b"NOT (OR 1 SEEN 2 $)", b"NOT (OR UID 3:3 SEEN UID 5:5 UID $)"),
        (b"UID 1:* SUBJECT 3", b"UID 1:* SUBJECT 3"),
    ],
)
def test_numbers_become_the_uids_of_their_messages(keys: bytes, fixed: bytes) -> None:
    assert with_numbers_fixed(search_of(keys).key, LISTING.uids) == search_of(fixed).key


def test_numbers_beyond_the_last_message_mean_none_for_ever() -> None:
    assert with_numbers_fixed(search_of(b"5:9").key, LISTING.uids) == Uids(NOTHING)
    assert with_numbers_fixed(search_of(b"1:*").key, []) == Uids(NOTHING)
