"""How long FETCH lines with flags take from a folder's view, and SEARCH over one: ``python -m tests.bench.imap_format``."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable

from skrytka_imap.commands import Search
from skrytka_imap.grammar import parse
from skrytka_imap.responses import flag_lines
from skrytka_imap.search import Listing, Matcher

MESSAGES = 100_000
NUMBERS = range(1, MESSAGES + 1)
UIDS = array("I", range(5, 5 + MESSAGES))
FLAGS = array("B", [number % 32 for number in NUMBERS])
MODSEQS = array("Q", [number * 7 for number in NUMBERS])
KEYWORDS = {uid: ("work",) for uid in UIDS[::10]}


def measure(name: str, run: Callable[[], object]) -> None:
    """The best of five runs, in microseconds a message."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    print(f"{name:<44} {best / MESSAGES * 1e6:8.4f} us a message")


def search(keys: bytes) -> Matcher:
    command = parse((b"a SEARCH " + keys,)).command
    assert isinstance(command, Search)
    return Matcher(command, Listing(UIDS, FLAGS, MODSEQS, KEYWORDS))


def main() -> None:
    measure("FETCH (UID FLAGS)", lambda: flag_lines(NUMBERS, UIDS, FLAGS, keywords={}))
    measure("FETCH (UID FLAGS MODSEQ)", lambda: flag_lines(NUMBERS, UIDS, FLAGS, MODSEQS, keywords={}))
    measure("FETCH (UID FLAGS), keywords on every tenth", lambda: flag_lines(NUMBERS, UIDS, FLAGS, keywords=KEYWORDS))
    measure("SEARCH UNSEEN", lambda: search(b"UNSEEN"))
    measure("SEARCH OR FLAGGED NOT DELETED UID 1:50000", lambda: search(b"OR FLAGGED NOT DELETED UID 1:50000"))
    measure("SEARCH MODSEQ 350000", lambda: search(b"MODSEQ 350000"))


if __name__ == "__main__":
    main()
