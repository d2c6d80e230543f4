"""The grammar of SEARCH, ESEARCH, SORT and THREAD, and CANCELUPDATE."""

from __future__ import annotations

import datetime

import pytest

from skrytka.plugin_api import model
from skrytka_imap import commands as c
from skrytka_imap.commands import search as s
from tests.unit.imap.grammar.reading import ALL, ONE, SAVED, Commands, Faults, fault, read

K = c.SourceKind
SEEN = s.HasFlag(model.Flags.SEEN)
DAY = datetime.date(1994, 2, 1)


def returns(*names: str) -> c.Returns:
    return c.Returns(frozenset(map(c.ReturnOption, names)))


def multisearch(*sources: c.Source, returns: c.Returns, charset: str | None = None) -> c.MultiSearch:
    return c.MultiSearch(c.Search(SEEN, charset, uid=True, returns=returns), returns, sources)


COMMANDS: Commands = [
    (b'CANCELUPDATE "a1" "b\\"]"', c.CancelUpdate((b"a1", b'b"]'))),
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
]

FAULTS: Faults = [
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
    (b"SEARCH HEADER " + b"w" * 999 + b" x", "A header name has at most 998 octets"),
    (b"SEARCH" + b" ALL" * 1001, "SEARCH takes at most 1000 keys, nested at most 128 deep"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    assert fault(text) == message
