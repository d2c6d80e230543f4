"""Names of folders of others."""

from __future__ import annotations

import pytest

from skrytka.model import Namespace
from skrytka_imap.others import Other, canonical, namespaces_of, parse, written
from skrytka_imap.patterns import may_match_below

PREFIX = "Other users"
PREFIXES = {Namespace.OTHERS: PREFIX, Namespace.SHARED: "Shared"}
NOWHERE = Other(Namespace.OTHERS)


def other(owner: str, name: str) -> Other:
    return Other(Namespace.OTHERS, owner, name)


@pytest.mark.parametrize(
    ("name", "expected"),
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
        ("Other users/ann@example.org/a/b@c/d", other("ann@example.org", "a/b@c/d")),
        ("Other users/a/n@example.org/INBOX", other("a/n@example.org", "INBOX")),
        ("Other users/ann@example.org/a\nb", other("ann@example.org", "a\nb")),
        ("Other users/jaz\u0301n\u0301@example.org/Me\u0308l", other("ja\u017a\u0144@example.org", "M\u00ebl")),
        ("Shared", Other(Namespace.SHARED)),
        ("Shared/Other users", Other(Namespace.SHARED)),
        ("Shared/info@example.org/INBOX", Other(Namespace.SHARED, "info@example.org", "INBOX")),
        ("Shared2/info@example.org/INBOX", None),
        ("/Shared/info@example.org/INBOX", None),
    ],
)
def test_whose_folder_a_name_means(name: str, expected: Other | None) -> None:
    assert parse(PREFIXES, name) == expected
    assert parse({}, name) is None


def test_a_namespace_that_is_off_has_no_names() -> None:
    assert parse({Namespace.OTHERS: PREFIX}, "Shared/info@example.org/INBOX") is None


def test_a_name_is_read_as_it_was_written() -> None:
    assert parse(PREFIXES, written(PREFIX, "a/n@example.org", "b/c")) == other("a/n@example.org", "b/c")


def test_inbox_in_any_case_is_one_name_to_subscribe_to() -> None:
    assert canonical(PREFIXES, "Other users/ann@example.org/inBOX/x") == "Other users/ann@example.org/INBOX/x"
    assert canonical(PREFIXES, "Other users/ann@example.org/inBOXx") == "Other users/ann@example.org/inBOXx"
    assert canonical(PREFIXES, "Shared/ann@example.org/inBOX") == "Shared/ann@example.org/INBOX"
    assert canonical(PREFIXES, "inBOX") == "inBOX"


def test_which_namespaces_are_named() -> None:
    assert namespaces_of(PREFIXES, ["INBOX", "Shared"]) == {Namespace.SHARED}
    assert namespaces_of(PREFIXES, ["Shared/x", "Other users/ann@example.org/INBOX"]) == set(Namespace)
    assert namespaces_of(PREFIXES, ["INBOX"]) == set()


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
