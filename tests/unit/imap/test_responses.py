"""The exact octets of responses."""

from __future__ import annotations

from array import array

import pytest

from skrytka.plugin_api import model
from skrytka_imap import responses
from skrytka_imap.commands import StatusItem

F = model.Flags


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", b'""'),
        (b"a b\t(c)", b'"a b\t(c)"'),
        (b'a"b\\', b'"a\\"b\\\\"'),
        (b"a\x01\x7f", b'"a\x01\x7f"'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        (b"\xc3\xa9", b"{2}\r\n\xc3\xa9"),
        (b"a\0b", b'"ab"'),
        (b"\0\xff", b"{1}\r\n\xff"),
    ],
)
def test_strings(octets: bytes, expected: bytes) -> None:
    assert responses.string(octets) == expected
    assert responses.nstring(octets) == expected


def test_nil() -> None:
    assert responses.nstring(None) == b"NIL"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([], b""), ([7], b"7"), ([1, 2, 3, 5, 7, 8], b"1:3,5,7:8"), ([3, 2, 1], b"3,2,1"), ([9, 10, 1], b"9:10,1")],
)
def test_number_sets(numbers: list[int], expected: bytes) -> None:
    assert responses.number_set(numbers) == expected


@pytest.mark.parametrize(
    ("flags", "keywords", "recent", "expected"),
    [
        (F.NONE, (), False, b"()"),
        (F.NONE, ("b", "a"), False, b"(b a)"),
        (F.NONE, (), True, b"(\\Recent)"),
        (~F.NONE, ("x",), True, b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft \\Recent x)"),
    ],
)
def test_flag_lists(flags: F, keywords: tuple[str, ...], recent: bool, expected: bytes) -> None:
    assert responses.flag_list(flags, keywords, recent=recent) == expected


@pytest.mark.parametrize(
    ("read_only", "permanent"), [(False, rb"\Answered \Flagged \Deleted \Seen \Draft a Work \*"), (True, b"")]
)
def test_keywords_are_listed_in_one_order(read_only: bool, permanent: bytes) -> None:
    expected = rb"* FLAGS (\Answered \Flagged \Deleted \Seen \Draft a Work)" + b"\r\n"
    expected += b"* OK [PERMANENTFLAGS (%b)] These are kept\r\n" % permanent
    assert responses.flags_lines({"work": "Work", "a": "a"}, read_only=read_only) == expected


def test_a_keyword_that_is_no_atom_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    stored = ("a)b", "ok", "{5}", "\\Recent", "é")
    assert responses.flag_list(F.SEEN, stored) == b"(\\Seen ok)"
    assert responses.flags_lines({word.lower(): word for word in stored}, read_only=True).count(b"ok") == 1
    assert b")b" not in responses.flags_lines({word.lower(): word for word in stored}, read_only=True)
    assert "a)b" in caplog.text


UIDS = array("I", [5, 7, 9])
FLAGS = array("B", [0, 1, 9])
MODSEQS = array("Q", [1, 2, 2**63 - 1])


def test_flag_lines_of_what_is_usual() -> None:
    assert responses.flag_lines(range(1, 4), UIDS, FLAGS, keywords={}) == (
        b"* 1 FETCH (UID 5 FLAGS ())\r\n"
        b"* 2 FETCH (UID 7 FLAGS (\\Seen))\r\n"
        b"* 3 FETCH (UID 9 FLAGS (\\Deleted \\Seen))\r\n"
    )


def test_flag_lines_with_everything() -> None:
    lines = responses.flag_lines(
        [2, 4, 6], UIDS, FLAGS, MODSEQS, keywords={5: ("a", "b"), 9: ("c",)}, recent=[range(7, 8), range(9, 12)]
    )
    assert lines == (
        b"* 2 FETCH (UID 5 FLAGS (a b) MODSEQ (1))\r\n"
        b"* 4 FETCH (UID 7 FLAGS (\\Seen \\Recent) MODSEQ (2))\r\n"
        b"* 6 FETCH (UID 9 FLAGS (\\Deleted \\Seen \\Recent c) MODSEQ (9223372036854775807))\r\n"
    )


def test_flag_lines_without_uid() -> None:
    assert responses.flag_lines([3], UIDS[:1], FLAGS[:1], keywords={}, with_uid=False) == b"* 3 FETCH (FLAGS ())\r\n"
    assert responses.flag_lines([3], UIDS[:1], FLAGS[:1], [7], keywords={}, with_uid=False) == (
        b"* 3 FETCH (FLAGS () MODSEQ (7))\r\n"
    )
    assert responses.flag_lines([], UIDS[:0], FLAGS[:0], keywords={}) == b""


def test_items() -> None:
    items = [
        responses.uid_item(5),
        responses.flags_item(F.SEEN, ("x",), recent=True),
        responses.modseq_item(9),
        responses.SIZE_ITEM % 100,
        responses.ENVELOPE_ITEM % b"(NIL)",
        responses.literal_head(b"BODY[]", b"a\0\r\n") + b"a\0\r\n",
        responses.literal_head(b"BODY[TEXT]<5>", b""),
        responses.literal_head(b"BODY[9]", None),
    ]
    assert responses.fetch_line(3, items) == (
        b"* 3 FETCH (UID 5 FLAGS (\\Seen \\Recent x) MODSEQ (9) RFC822.SIZE 100 ENVELOPE (NIL) "
        b"BODY[] {4}\r\na\0\r\n BODY[TEXT]<5> {0}\r\n BODY[9] NIL)\r\n"
    )


@pytest.mark.parametrize(
    ("unix", "expected"),
    [
        (0, b" 1-Jan-1970 00:00:00"),
        (-1, b"31-Dec-1969 23:59:59"),
        (837596665, b"17-Jul-1996 09:44:25"),
        (1709209815, b"29-Feb-2024 12:30:15"),
        (-62135596800, b" 1-Jan-0001 00:00:00"),
    ],
)
def test_internal_dates(unix: int, expected: bytes) -> None:
    assert responses.DATE_ITEM % responses.internal_date(unix) == b'INTERNALDATE "%b +0000"' % expected


def test_folder_lines() -> None:
    assert responses.list_line("Entwürfe", ["\\HasNoChildren", "\\Drafts"]) == (
        b'* LIST (\\HasNoChildren \\Drafts) "/" "Entw&APw-rfe"\r\n'
    )
    assert responses.list_line('a"b') == b'* LIST () "/" "a\\"b"\r\n'
    assert responses.lsub_line("x", ["\\Noselect"]) == b'* LSUB (\\Noselect) "/" "x"\r\n'
    assert responses.separator_line() == b'* LIST (\\Noselect) "/" ""\r\n'
    assert responses.status_line("x y", {StatusItem.MESSAGES: 3, StatusItem.HIGHESTMODSEQ: 9}) == (
        b'* STATUS "x y" (MESSAGES 3 HIGHESTMODSEQ 9)\r\n'
    )
    assert responses.namespace_line("", "") == b'* NAMESPACE (("" "/")) NIL NIL\r\n'
    assert responses.namespace_line("Zu\u00e9", "x", {"x": "\u00fc"}, utf8=True) == (
        '* NAMESPACE (("" "/")) (("Zu\u00e9/" "/")) (("x/" "/" "TRANSLATION" ("&APw-/")))\r\n'.encode()
    )


def test_quota_lines() -> None:
    assert responses.quota_line("", [("STORAGE", 10, 512), ("MESSAGE", 1, 2)]) == (
        b'* QUOTA "" (STORAGE 10 512 MESSAGE 1 2)\r\n'
    )
    assert responses.quota_line("", []) == b'* QUOTA "" ()\r\n'
    assert responses.quota_root_line("INBOX", [""]) == b'* QUOTAROOT "INBOX" ""\r\n'


def test_session_lines() -> None:
    assert responses.id_line({}) == b"* ID NIL\r\n"
    assert responses.id_line({"name": "Skrytka", "os": None}) == b'* ID ("name" "Skrytka" "os" NIL)\r\n'
    assert responses.enabled_line(["CONDSTORE"]) == b"* ENABLED CONDSTORE\r\n"
    assert responses.enabled_line([]) == b"* ENABLED\r\n"
    assert responses.SEARCH + responses.search_numbers([]) + responses.search_end(None) == b"* SEARCH\r\n"
    found = responses.SEARCH + responses.search_numbers([2, 5])
    assert found + responses.search_end(None) == b"* SEARCH 2 5\r\n"
    assert found + responses.search_end(917162500) == b"* SEARCH 2 5 (MODSEQ 917162500)\r\n"
