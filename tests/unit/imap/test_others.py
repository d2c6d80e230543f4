"""Names of other users' folders."""

from __future__ import annotations

import pytest

from skrytka_imap.others import Other, canonical, parse, written
from skrytka_imap.patterns import may_match_below

PREFIX = "Other users"
NOWHERE = Other("", "")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("INBOX", None),
        ("Other users2/ann@example.org/INBOX", None),
        ("other users/ann@example.org/INBOX", None),
        ("Other users", NOWHERE),
        ("Other users/", NOWHERE),
        ("Other users/mine", NOWHERE),
        ("Other users/ann@example.org", NOWHERE),
        ("Other users/ann@example.org/", NOWHERE),
        ("Other users/@example.org/x", NOWHERE),
        ("Other users/ann@example.org/a/b@c/d", Other("ann@example.org", "a/b@c/d")),
        ("Other users/a/n@example.org/INBOX", Other("a/n@example.org", "INBOX")),
        ("Other users/ann@example.org/a\nb", Other("ann@example.org", "a\nb")),
        ("Other users/jaz\u0301n\u0301@example.org/Me\u0308l", Other("ja\u017a\u0144@example.org", "M\u00ebl")),
    ],
)
def test_whose_folder_a_name_means(name: str, other: Other | None) -> None:
    assert parse(PREFIX, name) == other
    assert parse("", name) is None


def test_a_name_is_read_as_it_was_written() -> None:
    assert parse(PREFIX, written(PREFIX, "a/n@example.org", "b/c")) == Other("a/n@example.org", "b/c")


def test_inbox_in_any_case_is_one_name_to_subscribe_to() -> None:
    assert canonical(PREFIX, "Other users/ann@example.org/inBOX/x") == "Other users/ann@example.org/INBOX/x"
    assert canonical(PREFIX, "Other users/ann@example.org/inBOXx") == "Other users/ann@example.org/inBOXx"
    assert canonical(PREFIX, "inBOX") == "inBOX"


@pytest.mark.parametrize(
    ("pattern", "may"),
    [
        ("*", True),
        ("%", True),
        ("Oth%", True),
        ("Other users", True),
        ("Other users/*", True),
        ("Other users/ann@example.org/INBOX", True),
        ("Other users*", True),
        ("INBOX", False),
        ("Other", False),
        ("Other users2*", False),
        ("Archive/*", False),
        ("other users/*", False),
    ],
)
def test_patterns_that_cannot_match_names_of_others_cost_no_look_for_them(pattern: str, may: bool) -> None:
    assert may_match_below(["Nothing", pattern], PREFIX) is may
