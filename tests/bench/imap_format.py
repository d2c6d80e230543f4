"""How long FETCH lines with flags take from a folder's view, and SEARCH over one."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from skrytka_imap.commands import Search
from skrytka_imap.grammar import parse
from skrytka_imap.responses import flag_lines
from skrytka_imap.search import Listing, Matcher
from tests.bench.rows import Row, timed
from tests.searches import matcher_of

MESSAGES = 100_000
NUMBERS = range(1, MESSAGES + 1)
UIDS = array("I", range(5, 5 + MESSAGES))
FLAGS = array("B", [number % 32 for number in NUMBERS])
MODSEQS = array("Q", [number * 7 for number in NUMBERS])
KEYWORDS = {uid: ("work",) for uid in UIDS[::10]}


def search(keys: bytes) -> Matcher:
    command = parse((b"a SEARCH " + keys,)).command
    assert isinstance(command, Search)
    return matcher_of(command, Listing(UIDS, FLAGS, MODSEQS, KEYWORDS))


def measure(rounds: int) -> Iterator[Row]:
    """Microseconds a message."""
    runs: dict[str, Callable[[], object]] = {
        "FETCH (UID FLAGS)": lambda: flag_lines(NUMBERS, UIDS, FLAGS, keywords={}),
        "FETCH (UID FLAGS MODSEQ)": lambda: flag_lines(NUMBERS, UIDS, FLAGS, MODSEQS, keywords={}),
        "FETCH (UID FLAGS), a tenth has keywords": lambda: flag_lines(NUMBERS, UIDS, FLAGS, keywords=KEYWORDS),
        "SEARCH UNSEEN": lambda: search(b"UNSEEN"),
        "SEARCH OR FLAGGED NOT DELETED UID ...": lambda: search(b"OR FLAGGED NOT DELETED UID 1:50000"),
        "SEARCH MODSEQ": lambda: search(b"MODSEQ 350000"),
    }
    for name, run in runs.items():
        yield timed(f"imap: {name}", "us/message", run, 1e6 / MESSAGES, rounds)
