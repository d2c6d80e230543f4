"""The grammar of commands about folders: SELECT, LIST, STATUS, NOTIFY, metadata, rights and quotas."""

from __future__ import annotations

import pytest

from skrytka_imap import commands as c
from tests.unit.imap.grammar.reading import Commands, Faults, fault, read

A = c.FetchAttribute
K = c.SourceKind
INFINITY = c.Depth.INFINITY
NUL_VALUE = ("/private/c", b"\0")

COMMANDS: Commands = [
    (b"CHECK", c.Check()),
    (b"CLOSE", c.Close()),
    (b"UNSELECT", c.Unselect()),
    (b"SELECT inbox", c.Select("INBOX")),
    (b"SELECT {5+}\r\ninbox", c.Select("INBOX")),
    (b'SELECT "Entw&APw-rfe" (condstore)', c.Select("Entwürfe", condstore=True)),
    (b"EXAMINE a]b/c", c.Examine("a]b/c")),
    (b"EXAMINE x (CONDSTORE)", c.Examine("x", condstore=True)),
    (b"CREATE Projects/2026/", c.Create("Projects/2026")),
    (b"DELETE x", c.Delete("x")),
    (b'RENAME INBOX "old mail"', c.Rename("INBOX", "old mail")),
    (b"SUBSCRIBE x", c.Subscribe("x")),
    (b"UNSUBSCRIBE x", c.Unsubscribe("x")),
    (b'LIST "" *', c.List("", ("*",))),
    (b'LIST "a/" "%/&APw-*"', c.List("a/", ("%/ü*",))),
    (b'LIST () "" *', c.List("", ("*",), extended=True)),
    (b'LIST "" (INBOX "a/%")', c.List("", ("INBOX", "a/%"), extended=True)),
    (
        b'list (remote subscribed recursivematch) "" % return (children)',
        c.List(
            "",
            ("%",),
            extended=True,
            selection=frozenset({c.Selection.REMOTE, c.Selection.SUBSCRIBED, c.Selection.RECURSIVEMATCH}),
            subscribed=True,
        ),
    ),
    (
        b'LIST "" % RETURN (SPECIAL-USE STATUS (MESSAGES SIZE) SUBSCRIBED)',
        c.List("", ("%",), extended=True, subscribed=True, status=(c.StatusItem.MESSAGES, c.StatusItem.SIZE)),
    ),
    (b"CREATE Bin/ (USE (\\Trash \\trash))", c.Create("Bin", ("trash",))),
    (b"CREATE Bin (USE ())", c.Create("Bin")),
    (b'LSUB "" ""', c.Lsub("", "")),
    (
        b"STATUS x (messages UIDNEXT messages HIGHESTMODSEQ)",
        c.Status("x", (c.StatusItem.MESSAGES, c.StatusItem.UIDNEXT, c.StatusItem.HIGHESTMODSEQ)),
    ),
    (b"GETMETADATA (MAXSIZE 9 depth infinity) inbox /Private", c.GetMetadata("INBOX", ("/private",), INFINITY, 9)),
    (
        b'GETMETADATA "" (DEPTH 1) ("/shared/a b" /shared/c)',
        c.GetMetadata("", ("/shared/a b", "/shared/c"), c.Depth.ONE),
    ),
    (b"SETMETADATA a (/private/b nil /private/c ~{1+}\r\n\0)", c.SetMetadata("a", (("/private/b", None), NUL_VALUE))),
    (b"SETACL inbox ann@example.org -lr", c.SetAcl("INBOX", "ann@example.org", "remove", frozenset("lr"))),
    (b'SETACL x -anyone "+cd"', c.SetAcl("x", "-anyone", "add", frozenset("kxet"))),
    (b'SETACL x anyone ""', c.SetAcl("x", "anyone", "replace", frozenset())),
    (b"DELETEACL x anyone", c.DeleteAcl("x", "anyone")),
    (b"GETACL x", c.GetAcl("x")),
    (b'LISTRIGHTS x "jan\xc3\xb3"', c.ListRights("x", "jan\u00f3")),
    (b"MYRIGHTS x", c.MyRights("x")),
    (b'LIST "" * RETURN (MYRIGHTS)', c.List("", ("*",), extended=True, rights=True)),
    (b'GETQUOTA ""', c.GetQuota("")),
    (b"GETQUOTAROOT inbox", c.GetQuotaRoot("INBOX")),
    (b'SETQUOTA "" (storage 512 MESSAGE 9)', c.SetQuota("", (("STORAGE", 512), ("MESSAGE", 9)))),
    (b'SETQUOTA "" ()', c.SetQuota("", ())),
    (b"NOTIFY none", c.Notify()),
    (
        b"NOTIFY SET status (Selected (messageNEW (uid body.peek[]) MessageExpunge)) (mailboxes (a inbox) NONE)",
        c.Notify(c.SelectedEvents(True, False, (A.UID, c.BodySection(c.Section(), peek=True))), sets=True, status=True),
    ),
    (
        b"NOTIFY SET (selected-delayed (FlagChange MessageNew MessageExpunge)) (subtree x (MailboxName Other))",
        c.Notify(
            c.SelectedEvents(False, True),
            (c.EventGroup(c.Source(K.SUBTREE, ("x",)), frozenset({c.NotifyEvent.MAILBOX_NAME})),),
            sets=True,
            is_supported=False,
        ),
    ),
    (b"NOTIFY SET (selected NONE)", c.Notify(sets=True)),
    (b"NOTIFY NONE", c.Notify()),
    (
        b"NOTIFY SET (selected (MessageNew (MODSEQ) MessageExpunge))",
        c.Notify(c.SelectedEvents(True, False, (A.MODSEQ,)), sets=True),
    ),
]

FAULTS: Faults = [
    (b"SELECT &AOk", "The folder name is not modified UTF-7"),
    (b"SELECT x (FOO)", "There is no parameter FOO"),
    (b"SELECT x y", "Expected the end of the command before y"),
    (b"LIST *", "Expected a folder name before *"),
    (b"STATUS x ()", "Expected a status item before )"),
    (b"CREATE a (USE (Sent))", "Expected \\ before Sent))"),
    (b"STATUS x (COLOUR)", "There is no status item COLOUR"),
    (b'SETQUOTA "" (STORAGE)', "Expected a space before )"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    assert fault(text) == message
