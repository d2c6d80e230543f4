"""Names of namespaces: what the operator may choose, and what stops the start with one line."""

from __future__ import annotations

import pytest

from skrytka.model import Namespace
from skrytka.serve import settings_loading
from skrytka.settings import SettingsError
from skrytka_imap.settings import Settings


def load(**given: str) -> Settings:
    environ = {f"SKRYTKA_IMAP__{key.upper()}": value for key, value in given.items()}
    section = settings_loading.load(None, environ, {"imap": Settings}).front_ends["imap"]
    assert isinstance(section, Settings)
    return section


def test_there_are_two_namespaces_of_others_each_of_which_can_be_switched_off() -> None:
    assert load().prefixes == {Namespace.OTHERS: "Other users", Namespace.SHARED: "Shared"}
    assert load(shared="").prefixes == {Namespace.OTHERS: "Other users"}
    assert load(other_users="").prefixes == {Namespace.SHARED: "Shared"}
    assert load(other_users="", shared="").prefixes == {}


def test_a_name_is_kept_in_its_normal_form() -> None:
    """As all names that clients send."""
    assert load(shared="Wspo\u0301lne").shared == "Wsp\u00f3lne"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"shared": "Other users"}, "imap: shared and other_users are both 'Other users', and have to differ"),
        ({"shared": "\u00e9", "other_users": "e\u0301"}, "imap: shared and other_users are both '\u00e9', and"),
        ({"shared": "Other users/shared"}, "imap.shared: "),
        ({"other_users": "Shared/others"}, "imap.other_users: "),
        ({"shared": "a*"}, "imap.shared: "),
        ({"shared": "InBox"}, "imap: shared is INBOX"),
        ({"other_users": "INBOX"}, "imap: other_users is INBOX"),
    ],
)
def test_names_that_would_not_be_told_apart_stop_the_start(given: dict[str, str], line: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(**given)
    assert str(stopped.value).startswith(line)
    assert "\n" not in str(stopped.value)
