"""What holds for every command: its tag, its tests, what is known of it."""

from __future__ import annotations

import pytest

from skrytka_imap import commands as c
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar import PARSERS, parse
from tests.unit.imap.grammar import test_fetch, test_folders, test_messages, test_search, test_sessions

ALL_COMMANDS = [
    case for module in (test_fetch, test_folders, test_messages, test_search, test_sessions) for case in module.COMMANDS
]


@pytest.mark.parametrize("text", [b"", b" NOOP", b"+ NOOP", b"\xff NOOP", b'"a" NOOP', b"*"])
def test_without_a_tag_the_fault_has_none(text: bytes) -> None:
    with pytest.raises(SyntaxFault, match="A command begins with a tag") as raised:
        parse((text,))
    assert raised.value.tag is None


def test_a_tag_alone_is_known_to_the_fault() -> None:
    with pytest.raises(SyntaxFault, match="Expected a space at the end") as raised:
        parse((b"a1",))
    assert raised.value.tag == b"a1"


def test_folder_names_are_utf8_where_that_is_enabled_whatever_others_have_asked_before() -> None:
    text = b"a STATUS Entw&APw-rfe (MESSAGES)"
    for _ in range(2):
        assert parse((text,)).command == c.Status("Entw\u00fcrfe", (c.StatusItem.MESSAGES,))
        assert parse((text,), utf8=True).command == c.Status("Entw&APw-rfe", (c.StatusItem.MESSAGES,))


def test_every_parser_is_tested() -> None:
    words = {text.split(b" ")[0].decode().upper() for text, _ in ALL_COMMANDS}
    uid_words = {" ".join(text.decode("latin-1").upper().split(" ")[:2]) for text, _ in ALL_COMMANDS if b" " in text}
    assert set(PARSERS) <= words | uid_words


def test_passwords_do_not_show_in_logs() -> None:
    assert repr(c.Login("ann", "secret")) == "Login(name='ann', password=...)"


def test_what_makes_a_client_aware_of_condstore() -> None:
    aware = {text for text, command in ALL_COMMANDS if c.enables_condstore(command)}
    assert aware == {
        b'SELECT "Entw&APw-rfe" (condstore)',
        b"EXAMINE x (CONDSTORE)",
        b"STATUS x (messages UIDNEXT messages HIGHESTMODSEQ)",
        b"ENABLE condstore X-FOO",
        b"UID STORE 1:* (UNCHANGEDSINCE 0) +FLAGS.SILENT \\Answered x",
        b"FETCH 1 FLAGS (CHANGEDSINCE 9)",
        b"FETCH 1 FLAGS (PARTIAL 7:4 CHANGEDSINCE 9)",
        b"FETCH 1 (MODSEQ)",
        b"NOTIFY SET (selected (MessageNew (MODSEQ) MessageExpunge))",
        b"SEARCH MODSEQ 620162338",
        b'SEARCH MODSEQ "/flags/\\\\draft" all 7',
    }
