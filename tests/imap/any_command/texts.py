"""What clients may say: every command of the transcripts that can be parsed, and what becomes of one by a few changes.

A command is a list of tokens, which joined are its octets without tag and end. A literal, with its size, is one token.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Framing, FramingError, Limits
from skrytka_imap.grammar import parse
from skrytka_imap.table import ENTRIES, entry_of
from tests.transcripts import Step, load

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
WIDE = Limits(line_octets=1 << 16, literal_octets=1 << 16, append_octets=1 << 16)
CHANGES = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)
"""How many there are, one as likely as the other."""

Tokens = list[bytes]

_HOLE = re.compile(r"\{\{[a-z0-9_:]+\}\}")
_TOKEN = re.compile(rb'[() \[\]]|"(?:[^"\\]|\\.)*"|[^() \[\]"]+|"', re.DOTALL)

WORDS: Tokens = [
    *(b"", b" ", b"(", b")", b"()", b"[", b"]", b'"', b'""', b"\\", b"%", b"*", b"$", b"NIL", b"-", b"+", b"~", b"\0", b"\xff"),
    *(b"0", b"1", b"2", b"6", b"7", b"31", b"36", b"37", b"999", b"1:*", b"*:1", b"31:*", b"33,31:32", b"0:3", b"-1:-3"),
    *(b"4294967295", b"4294967296", b"9223372036854775807", b"9223372036854775808", b"9" * 30),
    *(b"INBOX", b"inbox", b"Archive", b"Drafts", b"nowhere", b'"a/b/"', b"/", b"a//b", b'"Other users"', b"z" * 300),
    *(b'"Other users/owner@example.org/INBOX"', b'"Other users/owner@example.org/Archive"', b"&AXwA8w-", "żó".encode(), b"&AX"),
    *(b"ann@example.org", b"owner@example.org", b"anyone", b"-anyone", b"lrswipkxtea", b"+lr", b"-r", b"q"),
    *(b"ALL", b"UID", b"UID 31:*", b"UNSEEN", b"MODSEQ", b"MODSEQ 1", b"NOT", b"OR", b"TEXT", b"FILTER", b"RECENT"),
    *(b"RETURN (SAVE)", b"RETURN (UPDATE)", b"RETURN ()", b"RETURN (MIN MAX ALL COUNT)", b"RETURN (PARTIAL -1:-2)", b"CONTEXT"),
    *(b"IN (mailboxes INBOX)", b"IN (subtree-one (INBOX Archive))", b"SELECTED", b"personal", b"SUBSCRIBED", b"REVERSE", b"DATE"),
    *(b"CHARSET", b"UTF-8", b"us-ascii", b"utf-7", b"x-unknown", b"1-Feb-1994", b'"31-Feb-2024 00:00:00 +0000"', b"RELEVANCY"),
    *(b"\\Seen", b"\\Deleted", b"\\Recent", b"\\*", b"\\Unknown", b"$Work", b"Junk", b"FLAGS", b"+FLAGS", b"-FLAGS.SILENT"),
    *(b"(UNCHANGEDSINCE 1)", b"(CHANGEDSINCE 1 VANISHED)", b"(QRESYNC (1800000000 1))", b"(QRESYNC (1800000000 1 1:99 (1 31)))"),
    *(b"(CONDSTORE)", b"BODY[]", b"BODY.PEEK[1.2.MIME]<0.5>", b"BINARY[1]", b"BINARY.SIZE[]", b"PREVIEW (LAZY)", b"SAVEDATE"),
    *(b"MESSAGES", b"RECENT", b"UIDNEXT", b"SIZE", b"DELETED", b"HIGHESTMODSEQ", b"MAILBOXID", b"DELETED-STORAGE", b"STATUS"),
    *(b"/private/comment", b"/shared/comment", b"/private/filters/values/x", b"/private/*", b"(DEPTH infinity)", b"(MAXSIZE 1)"),
    *(b"MessageNew", b"MessageExpunge", b"FlagChange", b"MailboxName", b"MailboxMetadataChange", b"SubscriptionChange"),
    *(b"{0+}\r\n", b"{3+}\r\nabc", b"~{3+}\r\na\0c", b"{5+}\r\n\xc5\xbc\r\n\xff", b"{14+}\r\nSubject: x\r\n\r\n"),
    *(b"CATENATE (TEXT {3+}\r\nabc)", b'URL "/INBOX/;UID=31"', b"UTF8 (~{3+}\r\nabc)", b"(USE (\\Archive))", b"(USE (\\All))"),
    *(b"IMAP4rev2", b"UIDONLY", b"QRESYNC", b"METADATA", b"UTF8=ACCEPT", b"DEFLATE", b"PLAIN", b"SCRAM-SHA-256", b"="),
]  # fmt: skip


@cache
def said() -> dict[str, list[Tokens]]:
    """By the command's name in the table."""
    found: dict[str, dict[bytes, Tokens]] = {entry.name: {} for entry in ENTRIES}
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        steps = [step for step in load(path) if step.side == "C"]
        for client in {step.client for step in steps}:
            for pieces in _commands(b"".join(_octets(step) for step in steps if step.client == client)):
                try:
                    name = entry_of(parse(pieces, utf8=True).command).name
                except SyntaxFault:
                    continue
                tokens = _tokens(pieces)
                found[name].setdefault(b"".join(tokens), tokens)
    return {name: list(texts.values()) for name, texts in found.items()}


def _octets(step: Step) -> bytes:
    text = _HOLE.sub("31", step.text)
    if step.kind == ":":
        return text.encode() + b"\r\n"
    return text.encode().decode("latin-1").encode("latin-1").decode("unicode_escape").encode("latin-1")


def _commands(octets: bytes) -> list[tuple[bytes, ...]]:
    framing = Framing(WIDE)
    framing.receive(octets)
    found: list[tuple[bytes, ...]] = []
    while (event := framing.next_event()) is not None:
        if isinstance(event, FramingError) and event.fatal:
            break
        if isinstance(event, CommandReceived):
            found.append(event.pieces)
    return found


def _tokens(pieces: tuple[bytes, ...]) -> Tokens:
    first = pieces[0].partition(b" ")[2]
    tokens: Tokens = _TOKEN.findall(first)
    for literal, text in zip(pieces[1::2], pieces[2::2], strict=True):
        tokens += [b"{%d+}\r\n%b" % (len(literal), literal), *_TOKEN.findall(text)]
    return tokens


def is_one_command(octets: bytes) -> bool:
    """Whether the server takes all of it for one command, and waits for nothing more."""
    framing = Framing(WIDE)
    framing.receive(octets)
    return isinstance(framing.next_event(), CommandReceived) and framing.next_event() is None and not framing.in_command


def text_of(seed: bytes) -> bytes:
    """One command: as it stands in a transcript, or changed in a few places. Every command of the table is as likely."""
    random = Random(seed)
    name = random.choice(ENTRIES).name
    tokens = random.choice([*said()[name], [name.encode()]])
    for _ in range(random.choice(CHANGES)):
        tokens = _changed(random, tokens) if tokens else tokens
    text = b"".join(tokens)
    return text if is_one_command(b"t " + text + b"\r\n") else name.encode()


def _changed(random: Random, tokens: Tokens) -> Tokens:
    at = random.randrange(len(tokens))
    word = random.choice(WORDS)
    match random.choice(("replace", "replace", "insert", "insert", "remove", "repeat", "cut", "octet")):
        case "replace":
            return [*tokens[:at], word, *tokens[at + 1 :]]
        case "insert":
            return [*tokens[: at + 1], b" ", word, *tokens[at + 1 :]]
        case "remove":
            return tokens[:at] + tokens[at + 1 :]
        case "repeat":
            return tokens[: at + 1] + tokens[at:]
        case "cut":
            return tokens[: at + 1]
        case _:
            octet = random.choice([value for value in range(256) if value not in b"\r\n"])
            place = random.randint(0, len(tokens[at]))
            return [*tokens[:at], tokens[at][:place] + bytes([octet]) + tokens[at][place + 1 :], *tokens[at + 1 :]]


def texts(least: int, most: int) -> SearchStrategy[list[bytes]]:
    """So many different ones. Their seeds are even more different, which hypothesis' numbers are not."""
    seeds = strategies.binary(min_size=8, max_size=8)
    return strategies.lists(seeds, min_size=least, max_size=most, unique=True).map(
        lambda seeds: [text_of(seed) for seed in seeds]
    )
