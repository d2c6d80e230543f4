"""Every command of the grammar, and what is none."""

from __future__ import annotations

import datetime

import pytest

from skrytka.plugin_api import model
from skrytka_imap import commands as c
from skrytka_imap.commands import search as s
from skrytka_imap.commands.sequence_set import STAR
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Framing, Limits
from skrytka_imap.grammar import PARSERS, parse

F = model.Flags
ONE = c.SequenceSet(((1, 1),))
OF_ITSELF = (
    c.FetchAttribute.EMAILID,
    c.FetchAttribute.THREADID,
    c.FetchAttribute.PREVIEW_LAZY,
    c.FetchAttribute.PREVIEW,
)
LAST = c.SequenceSet(((STAR, STAR),))
ALL = c.SequenceSet(((1, 0),))
SAVED = c.SequenceSet((), with_saved=True)
SEEN = s.HasFlag(F.SEEN)
DAY = datetime.date(1994, 2, 1)
A = c.FetchAttribute
T = c.SectionText
K = c.SourceKind
INFINITY = c.Depth.INFINITY
NUL_VALUE = ("/private/c", b"\0")


def read(text: bytes) -> c.Command:
    """The command that follows the tag ``a``, sent with literals that do not wait."""
    framing = Framing(Limits(line_octets=65_536, literal_octets=65_536, append_octets=1_000))
    framing.receive(b"a " + text + b"\r\n")
    event = framing.next_event()
    assert isinstance(event, CommandReceived)
    tagged = parse(event.pieces)
    assert tagged.tag == b"a"
    return tagged.command


def returns(*names: str) -> c.Returns:
    return c.Returns(frozenset(map(c.ReturnOption, names)))


def multisearch(*sources: c.Source, returns: c.Returns, charset: str | None = None) -> c.MultiSearch:
    return c.MultiSearch(c.Search(SEEN, charset, uid=True, returns=returns), returns, sources)


COMMANDS: list[tuple[bytes, c.Command]] = [
    (b'CANCELUPDATE "a1" "b\\"]"', c.CancelUpdate((b"a1", b'b"]'))),
    (b"CAPABILITY", c.Capability()),
    (b"noop", c.Noop()),
    (b"Logout  ", c.Logout()),
    (b"STARTTLS", c.StartTls()),
    (b"CHECK", c.Check()),
    (b"CLOSE", c.Close()),
    (b"UIDBATCHES 500", c.UidBatches(500)),
    (b"uidbatches 4294967295 2:1", c.UidBatches(4294967295, (2, 1))),
    (b"UNSELECT", c.Unselect()),
    (b"IDLE", c.Idle()),
    (b"UNAUTHENTICATE", c.Unauthenticate()),
    (b"NAMESPACE", c.Namespace()),
    (b"LANGUAGE", c.Language(())),
    (b'language DE-AT "i-default"', c.Language(("DE-AT", "i-default"))),
    (b"COMPARATOR", c.Comparator(())),
    (b'COMPARATOR "cz;*" -i;basic ', c.Comparator(("cz;*", "-i;basic"))),
    (b"COMPRESS deflate", c.Compress()),
    (b"ID NIL", c.Id(())),
    (b"ID ()", c.Id(())),
    (b'ID ("name" "x" "v" NIL)', c.Id((("name", "x"), ("v", None)))),
    (b'ID ("name" {3+}\r\na\r\n)', c.Id((("name", "a\r\n"),))),
    (b"LOGIN ann secret]", c.Login("ann", "secret]")),
    (b'LOGIN "a b" "q\\"\\\\"', c.Login("a b", 'q"\\')),
    (b"LOGIN {3+}\r\nann {5+}\r\n\xc5\xbc\xc3\xb3 ", c.Login("ann", "żó ")),
    (b'LOGIN ann ""', c.Login("ann", "")),
    (b"AUTHENTICATE plain", c.Authenticate("PLAIN")),
    (b"AUTHENTICATE PLAIN AGFubgB4", c.Authenticate("PLAIN", b"\0ann\0x")),
    (b"AUTHENTICATE PLAIN =", c.Authenticate("PLAIN", b"")),
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
    (b"ENABLE condstore X-FOO", c.Enable(("CONDSTORE", "X-FOO"))),
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
    (b"APPEND x {3+}\r\n\0\r\n", c.Append("x", (c.AppendMessage(b"\0\r\n"),))),
    (
        b'APPEND {1+}\r\nx (\\seen \\Flagged $MDNSent $mdnsent) " 1-Jan-1970 01:00:01 +0100" {2+}\r\nhi',
        c.Append("x", (c.AppendMessage(b"hi", F.SEEN | F.FLAGGED, ("$MDNSent",), 1),)),
    ),
    (b'APPEND x () "31-Dec-1969 23:59:60 +0000" {0+}\r\n', c.Append("x", (c.AppendMessage(b"", internal_date=-1),))),
    (
        b"APPEND x {1+}\r\na (\\Seen) ~{2+}\r\n\0b",
        c.Append("x", (c.AppendMessage(b"a"), c.AppendMessage(b"\0b", F.SEEN))),
    ),
    (
        b"APPEND x catenate (URL /a;UIDVALIDITY=1/;UID=2 TEXT {1+}\r\nb url {1+}\r\nc text ~{1+}\r\n\0) ",
        c.Append("x", (c.AppendMessage(c.Catenate((c.Url(b"/a;UIDVALIDITY=1/;UID=2"), b"b", c.Url(b"c"), b"\0"))),)),
    ),
    (
        b"APPEND x UTF8 (~{1+}\r\na) catenate (utf8 (~{1+}\r\nb) TEXT {1+}\r\nc)",
        c.Append("x", (c.AppendMessage(b"a"), c.AppendMessage(c.Catenate((b"b", b"c"))))),
    ),
    (b"REPLACE * x (\\Seen) {1+}\r\na", c.Replace(LAST, "x", c.AppendMessage(b"a", F.SEEN))),
    (b"UID REPLACE 1 {1+}\r\nx {1+}\r\na ", c.Replace(ONE, "x", c.AppendMessage(b"a"), uid=True)),
    (
        b"FETCH 1 (BINARY[1.2] BINARY.PEEK[]<3.4> BINARY.SIZE[1])",
        c.Fetch(ONE, (c.BinarySection((1, 2)), c.BinarySection((), True, c.Partial(3, 4)), c.BinarySize((1,)))),
    ),
    (b"FETCH 1 (EMAILID threadid PREVIEW (lazy) preview)", c.Fetch(ONE, OF_ITSELF)),
    (b"SEARCH EMAILID M1-23", c.Search(s.HasEmailId(1, 23))),
    (b"SEARCH EMAILID x_-", c.Search(s.Nothing())),
    (b"SEARCH THREADID M1-23", c.Search(s.Nothing())),
    (b"ESEARCH SEEN", multisearch(c.Source(K.SELECTED), returns=returns("ALL"))),
    (
        b'esearch in (mailboxes ("a" b/c inbox) Subtree-One x subscribed) RETURN (COUNT) CHARSET UTF-8 SEEN',
        multisearch(
            c.Source(K.MAILBOXES, ("a", "b/c", "INBOX")),
            c.Source(K.SUBTREE_ONE, ("x",)),
            c.Source(K.SUBSCRIBED),
            returns=returns("COUNT"),
            charset="UTF-8",
        ),
    ),
    (b"EXPUNGE", c.Expunge()),
    (b"UID EXPUNGE 4,2:3", c.Expunge(c.SequenceSet(((4, 4), (2, 3))))),
    (b"COPY 1:* x", c.Copy(ALL, "x")),
    (b"uid copy 1:* x", c.Copy(ALL, "x", uid=True)),
    (b"MOVE 1 x", c.Move(ONE, "x")),
    (b"UID MOVE 1 x", c.Move(ONE, "x", uid=True)),
    (b"STORE 1 FLAGS ()", c.Store(ONE, "replace", F.NONE)),
    (b"STORE 1 +FLAGS \\Deleted", c.Store(ONE, "add", F.DELETED)),
    (b"STORE 1 -flags.silent (\\Draft x)", c.Store(ONE, "remove", F.DRAFT, ("x",), silent=True)),
    (
        b"UID STORE 1:* (UNCHANGEDSINCE 0) +FLAGS.SILENT \\Answered x",
        c.Store(ALL, "add", F.ANSWERED, ("x",), silent=True, uid=True, unchanged_since=0),
    ),
    (b"FETCH 1 FAST", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE))),
    (b"FETCH 1 all", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE, A.ENVELOPE))),
    (b"FETCH 1 FULL", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE, A.ENVELOPE, A.BODY))),
    (b"FETCH 1 (flags uid FLAGS)", c.Fetch(ONE, (A.FLAGS, A.UID))),
    (b"UID FETCH 1 FLAGS", c.Fetch(ONE, (A.UID, A.FLAGS), uid=True, implies_uid=True)),
    (b"UID FETCH 1 (FLAGS UID)", c.Fetch(ONE, (A.FLAGS, A.UID), uid=True)),
    (
        b"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT BODY BODYSTRUCTURE)",
        c.Fetch(ONE, (A.RFC822, A.RFC822_HEADER, A.RFC822_TEXT, A.BODY, A.BODYSTRUCTURE)),
    ),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 9)", c.Fetch(ONE, (A.FLAGS, A.MODSEQ), changed_since=9)),
    (
        b"UID FETCH $ FLAGS (Partial -3:-1)",
        c.Fetch(SAVED, (A.UID, A.FLAGS), True, window=c.PartialRange(-3, -1), implies_uid=True),
    ),
    (
        b"FETCH 1 FLAGS (PARTIAL 7:4 CHANGEDSINCE 9)",
        c.Fetch(ONE, (A.FLAGS, A.MODSEQ), changed_since=9, window=c.PartialRange(7, 4)),
    ),
    (b"FETCH 1 (MODSEQ)", c.Fetch(ONE, (A.MODSEQ,))),
    (b"FETCH 1 BODY[]", c.Fetch(ONE, (c.BodySection(c.Section()),))),
    (b"FETCH 1 body.peek[]<0.10>", c.Fetch(ONE, (c.BodySection(c.Section(), True, c.Partial(0, 10)),))),
    (
        b'FETCH 1 (BODY[1.2] BODY[1.2.MIME] BODY[HEADER] BODY[3.TEXT] BODY[Header.Fields (From "to" {2+}\r\nCc)])',
        c.Fetch(
            ONE,
            (
                c.BodySection(c.Section((1, 2))),
                c.BodySection(c.Section((1, 2), T.MIME)),
                c.BodySection(c.Section((), T.HEADER)),
                c.BodySection(c.Section((3,), T.TEXT)),
                c.BodySection(c.Section((), T.HEADER_FIELDS, (b"From", b"to", b"Cc"))),
            ),
        ),
    ),
    (
        b"FETCH 1 BODY.PEEK[1.HEADER.FIELDS.NOT (X)]",
        c.Fetch(ONE, (c.BodySection(c.Section((1,), T.HEADER_FIELDS_NOT, (b"X",)), True),)),
    ),
    (b"SEARCH ALL", c.Search(s.All())),
    (b"SEARCH ALL ", c.Search(s.All())),
    (b"UID SEARCH uid 1:* 1", c.Search(s.And((s.Uids(ALL), s.Numbers(ONE))), uid=True)),
    (b"SEARCH * ", c.Search(s.Numbers(c.SequenceSet(((0, 0),))))),
    (b"SEARCH NEW", c.Search(s.And((s.Recent(), s.Not(SEEN))))),
    (b"SEARCH OLD UNSEEN", c.Search(s.And((s.Not(s.Recent()), s.Not(SEEN))))),
    (b"SEARCH NOT (SEEN RECENT)", c.Search(s.Not(s.And((SEEN, s.Recent()))))),
    (b"SEARCH OR SEEN NOT SEEN ALL", c.Search(s.And((s.Or(SEEN, s.Not(SEEN)), s.All())))),
    (b"SEARCH ((SEEN))", c.Search(SEEN)),
    (b"SEARCH KEYWORD x UNKEYWORD Y", c.Search(s.And((s.HasKeyword("x"), s.Not(s.HasKeyword("Y")))))),
    (b"SEARCH LARGER 5 SMALLER 4294967295", c.Search(s.And((s.Larger(5), s.Smaller(4294967295))))),
    (
        b'SEARCH BEFORE 1-Feb-1994 ON "1-feb-1994" SINCE 01-FEB-1994',
        c.Search(s.And(tuple(s.InternalDate(when, DAY) for when in (s.When.BEFORE, s.When.ON, s.When.SINCE)))),
    ),
    (
        b"SEARCH SENTBEFORE 1-Feb-1994 SENTON 1-Feb-1994 SENTSINCE 1-Feb-1994",
        c.Search(s.And(tuple(s.SentDate(when, DAY) for when in (s.When.BEFORE, s.When.ON, s.When.SINCE)))),
    ),
    (
        b'SEARCH FROM a TO "b c" CC {1+}\r\nd BCC e SUBJECT f HEADER X-Y ""',
        c.Search(
            s.And(
                (
                    s.Header(b"from", b"a"),
                    s.Header(b"to", b"b c"),
                    s.Header(b"cc", b"d"),
                    s.Header(b"bcc", b"e"),
                    s.Header(b"subject", b"f"),
                    s.Header(b"x-y", b""),
                )
            )
        ),
    ),
    (
        b"SEARCH CHARSET UTF-8 BODY {2+}\r\n\xc3\xa9 TEXT x",
        c.Search(s.And((s.Contains("BODY", b"\xc3\xa9"), s.Contains("TEXT", b"x"))), "UTF-8"),
    ),
    (b"SEARCH OLDER 1 younger 4294967295", c.Search(s.And((s.Older(1), s.Younger(4294967295))))),
    (b"SEARCH $ UID 4,$", c.Search(s.And((s.Numbers(SAVED), s.Uids(c.SequenceSet(((4, 4),), with_saved=True)))))),
    (b"UID STORE $ FLAGS ()", c.Store(SAVED, "replace", F.NONE, uid=True)),
    (
        b"SEARCH SAVEDBEFORE 1-Feb-1994 SAVEDON 1-Feb-1994 SAVEDSINCE 1-Feb-1994 SAVEDATESUPPORTED",
        c.Search(s.And((*(s.SaveDate(when, DAY) for when in (s.When.BEFORE, s.When.ON, s.When.SINCE)), s.All()))),
    ),
    (
        b"SEARCH FUZZY FILTER f OR FILTER G~ ALL",
        c.Search(s.And((s.Filter("f", True), s.Or(s.Filter("G~"), s.All()))), mentions_filter=True),
    ),
    (b"SEARCH FUZZY SUBJECT f TO b", c.Search(s.And((s.Fuzzy(s.Header(b"subject", b"f")), s.Header(b"to", b"b"))))),
    (
        b"SEARCH FUZZY (SEEN BODY f) TEXT g",
        c.Search(s.And((s.And((SEEN, s.Fuzzy(s.Contains("BODY", b"f")))), s.Contains("TEXT", b"g")))),
    ),
    (b"SEARCH RETURN () SEEN", c.Search(SEEN, returns=returns("ALL"))),
    (
        b"uid search return (min COUNT MIN) CHARSET x SEEN",
        c.Search(SEEN, "x", uid=True, returns=returns("MIN", "COUNT")),
    ),
    (
        b"SEARCH RETURN (PARTIAL 1:5 MIN) SEEN",
        c.Search(SEEN, returns=c.Returns(frozenset({c.ReturnOption.MIN}), c.PartialRange(1, 5))),
    ),
    (
        b"SORT (REVERSE DATE cc) UTF-8 SEEN UID 1",
        c.Sort(
            c.Search(s.And((SEEN, s.Uids(ONE))), "UTF-8"),
            (c.SortCriterion(c.SortKey.DATE, reverse=True), c.SortCriterion(c.SortKey.CC)),
        ),
    ),
    (
        b'UID SORT return (MIN) (DISPLAYTO) "us-ascii" SEEN',
        c.Sort(c.Search(SEEN, "us-ascii", uid=True, returns=returns("MIN")), (c.SortCriterion(c.SortKey.DISPLAYTO),)),
    ),
    (
        b"SORT (" + b"TO " * 19 + b"TO) x 1",
        c.Sort(c.Search(s.Numbers(ONE), "x"), (c.SortCriterion(c.SortKey.TO),) * 20),
    ),
    (b"thread References UTF-8 SEEN", c.Thread(c.Search(SEEN, "UTF-8"), c.ThreadAlgorithm.REFERENCES)),
    (b'UID THREAD REFS "x" SEEN', c.Thread(c.Search(SEEN, "x", uid=True), c.ThreadAlgorithm.REFS)),
    (b"SEARCH MODSEQ 620162338", c.Search(s.ModSeq(620162338), mentions_modseq=True)),
    (b'SEARCH MODSEQ "/flags/\\\\draft" all 7', c.Search(s.ModSeq(7), mentions_modseq=True)),
    (b"NOTIFY NONE", c.Notify()),
    (
        b"NOTIFY SET (selected (MessageNew (MODSEQ) MessageExpunge))",
        c.Notify(c.SelectedEvents(True, False, (A.MODSEQ,)), sets=True),
    ),
]

FAULTS: list[tuple[bytes, str]] = [
    (b"FOO", "There is no command FOO"),
    (b"UID", "Expected a space at the end"),
    (b"UID NOOP", "There is no command UID NOOP"),
    (b"NOOP x", "Expected the end of the command before x"),
    (b"NOOP {1+}\r\nx", "Expected the end of the command instead of a literal"),
    (b"LOGIN ann", "Expected a space at the end"),
    (b'LOGIN ann "x', 'Expected a password before "x'),
    (b'LOGIN ann "\\x"', 'Expected a password before "\\x"'),
    (b"LOGIN {1+}\r\n\xff x", "The login name is not UTF-8"),
    (b"LOGIN {1+}\r\n\0 x", "The login name has a NUL in it"),
    (b"LOGIN a\xffb x", "Expected a space before ?b x"),
    (b"AUTHENTICATE PLAIN a", "The initial response is not base64"),
    (b"AUTHENTICATE PLAIN A===", "The initial response is not base64"),
    (b"SELECT &AOk", "The folder name is not modified UTF-7"),
    (b"SELECT x (FOO)", "There is no parameter FOO"),
    (b"SELECT x y", "Expected the end of the command before y"),
    (b"LIST *", "Expected a folder name before *"),
    (b"STATUS x ()", "Expected a status item before )"),
    (b'LIST "" (' + b"a " * 100 + b"a)", "LIST takes at most 100 patterns"),
    (b"CREATE a (USE (Sent))", "Expected \\ before Sent))"),
    (b"STATUS x (COLOUR)", "There is no status item COLOUR"),
    (b"ENABLE", "Expected a space at the end"),
    (b"COMPRESS LZMA", "DEFLATE is all that there is"),
    (b"COMPRESS DEFLATE 9", "Expected the end of the command before 9"),
    (b'SETQUOTA "" (STORAGE)', "Expected a space before )"),
    (b"ID (" + b" ".join([b'"f" NIL'] * 31) + b")", "ID takes at most 30 pairs"),
    (b"APPEND x hi", "Expected a literal before hi"),
    (b"APPEND x CATENATE ()", "Expected TEXT or URL before )"),
    (b"APPEND x CATENATE (FOO x)", "Expected TEXT or URL instead of FOO"),
    (b"APPEND x CATENATE (TEXT x)", "Expected a literal before x)"),
    (b"APPEND x {1+}\r\nx y", "Expected a literal before y"),
    (b'APPEND x "32-Jan-1970 00:00:00 +0000" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "1-Foo-1970 00:00:00 +0000" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "1-Jan-1970 00:00:00 +2400" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "31-Dec-9999 23:59:59 -1200" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "01-Jan-0001 00:00:00 +1400" {1+}\r\nx', "There is no such date and time"),
    (b'APPEND x "yesterday" {1+}\r\nx', 'Expected a date and time like "17-Jul-1996 02:44:25 -0700"'),
    (b"STORE 1 FLAGS (\\Recent)", "No client can set the flag \\Recent"),
    (b"STORE 1 FLAGS (\\*)", "Expected a flag before \\*)"),
    (b"STORE 1 FLAGS", "Expected FLAGS, +FLAGS or -FLAGS, or one of them with .SILENT"),
    (b"STORE 0 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 4294967296 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 1:2:3 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE 1,,2 FLAGS x", "A number in a set is * or from 1 to 4294967295"),
    (b"STORE ,1 FLAGS x", "Expected a set like 1:5,8"),
    (b"STORE " + b"1," * 16_384 + b"1 FLAGS x", "A set has at most 16384 ranges"),
    (b"FETCH 1 (FAST)", "There is no item FAST to fetch"),
    (b"FETCH 1 ()", "Expected an item to fetch before )"),
    (b"FETCH 1 BODY[MIME]", "MIME needs the number of a part"),
    (b"FETCH 1 BODY[0]", "There is no section 0"),
    (b"FETCH 1 BODY[1.]", "Expected HEADER, TEXT, MIME or a part number before ]"),
    (b"FETCH 1 BODY[FOO]", "There is no section FOO"),
    (b"FETCH 1 BODY[HEADER.FIELDS ()]", "Expected a header name before )]"),
    (b'FETCH 1 BODY[HEADER.FIELDS ("a:")]', "A header name has printable ASCII without colon"),
    (b"FETCH 1 BODY[]<0.0>", "A partial fetch takes at least one octet"),
    (b"FETCH 1 BODY[" + b"1." * 100 + b"1]", "Parts nest at most 100 deep"),
    (b"FETCH 1 BODY.PEEK", "Expected [ at the end"),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)", "A number here is at most 9223372036854775807"),
    (b"SEARCH", "Expected a space at the end"),
    (b"SEARCH ()", "Expected a search key before )"),
    (b"SEARCH EMAILID " + b"x" * 256, "An id has up to 255 letters, digits, _ and -"),
    (b"SEARCH FOO", "There is no search key FOO"),
    (b"SEARCH FILTER a/b", "The name of a filter has no / in it"),
    (b"SEARCH FILTER (ALL)", "Expected the name of a filter before (ALL)"),
    (b"SEARCH {3+}\r\nALL", "Expected a search key instead of a literal"),
    (b"SEARCH RETURN (MIN,MAX) ALL", "Expected a space before ,MAX) ALL"),
    (b"SEARCH RETURN ( MIN) ALL", "Expected a return option before  MIN) ALL"),
    (b"SEARCH RETURN (PARTIAL 1:-5) ALL", "Expected a range like 1:100 or -1:-100"),
    (b"SEARCH RETURN (PARTIAL 1:*) ALL", "Expected a range like 1:100 or -1:-100"),
    (b"SEARCH RETURN (PARTIAL 0:5) ALL", "A number in a range is from 1 to 4294967295"),
    (b"SEARCH RETURN (PARTIAL -1:-9999999999) ALL", "A number in a range is from 1 to 4294967295"),
    (b"SEARCH RETURN (PARTIAL) ALL", "Expected a space before ) ALL"),
    (b"SEARCH RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL", "PARTIAL stands once"),
    (b"SEARCH RETURN (ALL PARTIAL 1:2) ALL", "It is either PARTIAL or ALL"),
    (b"FETCH 1 FLAGS (PARTIAL 1:2 PARTIAL 1:2)", "There is no modifier PARTIAL, or it stands twice"),
    (b"FETCH 1 FLAGS (CHANGED 1)", "There is no modifier CHANGED, or it stands twice"),
    (b"FETCH 1 FLAGS ()", "Expected a modifier of FETCH before )"),
    (b"CANCELUPDATE", "Expected a space at the end"),
    (b"CANCELUPDATE a1", "Expected the tag of a search in quotes before a1"),
    (b"SEARCH RETURN (RELEVANCY) TEXT x", "RELEVANCY needs FUZZY"),
    (b"SEARCH " + b"FUZZY " * 129 + b"ALL", "SEARCH takes at most 1000 keys, nested at most 128 deep"),
    (b"SORT UTF-8 ALL", "Expected ( before UTF-8 ALL"),
    (b"SORT () UTF-8 ALL", "Expected a sort key before ) UTF-8 ALL"),
    (b"SORT (REVERSE) UTF-8 ALL", "Expected a space before ) UTF-8 ALL"),
    (b"SORT (REVERSE REVERSE TO) UTF-8 ALL", "There is no sort key REVERSE"),
    (b"SORT (TO) UTF-8", "Expected a space at the end"),
    (b"SORT (TO)", "Expected a space at the end"),
    (b"SORT (" + b"TO " * 20 + b"TO) UTF-8 ALL", "SORT takes at most 20 criteria"),
    (b"SORT (RELEVANCY) UTF-8 ALL", "RELEVANCY needs FUZZY"),
    (b"SORT RETURN (RELEVANCY) (TO) UTF-8 ALL", "RELEVANCY needs FUZZY"),
    (b"THREAD (REFS) UTF-8 ALL", "Expected a threading algorithm before (REFS) UTF-8 ALL"),
    (b"THREAD JWZ UTF-8 ALL", "There is no threading algorithm JWZ"),
    (b"THREAD REFS", "Expected a space at the end"),
    (b"THREAD REFS UTF-8", "Expected a space at the end"),
    (b"LANGUAGE x" + b" x" * 100, "LANGUAGE takes at most 100 languages of 100 characters"),
    (b"LANGUAGE " + b"x" * 101, "LANGUAGE takes at most 100 languages of 100 characters"),
    (b"COMPARATOR x" + b" x" * 100, "COMPARATOR takes at most 100 comparators"),
    (b"COMPARATOR " + b"x" * 256, "A comparator has at most 255 characters"),
    (b'COMPARATOR "\xff"', "A comparator is not UTF-8"),
    (b"ESEARCH IN () ALL", "Expected which folders before ) ALL"),
    (b"ESEARCH IN (selected-delayed) ALL", "There is no source SELECTED-DELAYED"),
    (b"ESEARCH IN (mailboxes ()) ALL", "Expected a folder name before )) ALL"),
    (b"ESEARCH IN (subtree) ALL", "Expected a space before ) ALL"),
    (b"ESEARCH IN (inboxes (scope)) ALL", "Expected which folders before (scope)) ALL"),
    (b"ESEARCH IN (" + b"inboxes " * 101 + b"inboxes) ALL", "ESEARCH takes at most 100 sources"),
    (b"ESEARCH IN (subtree (" + b"a " * 1000 + b"a)) ALL", "A source names at most 1000 folders"),
    (b"SEARCH RETURN MIN ALL", "There is no search key RETURN"),
    (b"SEARCH ON 30-Feb-1994", "There is no such date"),
    (b"SEARCH ON today", "Expected a date like 1-Feb-1994"),
    (b"SEARCH KEYWORD \\Seen", "Expected a keyword before \\Seen"),
    (b"SEARCH " + b"NOT " * 129 + b"ALL", "SEARCH takes at most 1000 keys, nested at most 128 deep"),
    (b"SEARCH " + b"(" * 129 + b"ALL" + b")" * 129, "SEARCH takes at most 1000 keys, nested at most 128 deep"),
    (b"FETCH 1 BODY[HEADER.FIELDS (" + b"w" * 999 + b")]", "A header name has at most 998 octets"),
    (b"SEARCH HEADER " + b"w" * 999 + b" x", "A header name has at most 998 octets"),
    (b"SEARCH" + b" ALL" * 1001, "SEARCH takes at most 1000 keys, nested at most 128 deep"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    with pytest.raises(SyntaxFault) as raised:
        read(text)
    assert (raised.value.message, raised.value.tag) == (message, b"a")


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
    words = {text.split(b" ")[0].decode().upper() for text, _ in COMMANDS}
    uid_words = {" ".join(text.decode("latin-1").upper().split(" ")[:2]) for text, _ in COMMANDS if b" " in text}
    assert set(PARSERS) <= words | uid_words


def test_passwords_do_not_show_in_logs() -> None:
    assert repr(c.Login("ann", "secret")) == "Login(name='ann', password=...)"


def test_what_makes_a_client_aware_of_condstore() -> None:
    aware = {text for text, command in COMMANDS if c.enables_condstore(command)}
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


@pytest.mark.parametrize(
    ("item", "sets"), [(b"BODY[]", True), (b"BODY.PEEK[]", False), (b"RFC822", True), (b"RFC822.HEADER", False)]
)
def test_what_sets_seen(item: bytes, sets: bool) -> None:
    command = read(b"FETCH 1 (FLAGS %b)" % item)
    assert isinstance(command, c.Fetch)
    assert command.sets_seen is sets
