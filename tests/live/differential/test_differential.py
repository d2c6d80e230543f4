"""The same awkward mails go to Debian's Dovecot and to Skrytka, and both are asked everything about them.

Each difference is one that ``differences.txt`` explains, and each entry of it occurs. Of the corpus every tenth mail is
taken, and with ``SKRYTKA_HYPOTHESIS_PROFILE=long`` every one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.bench.peers.dovecot import Dovecot
from tests.bench.peers.interface import PASSWORD
from tests.live.conftest import StartService
from tests.live.differential.asking import SEARCHES, answers
from tests.live.differential.client import Client
from tests.live.differential.mails import mails
from tests.live.differential.ordering import SORTS, THREADS, moved, threaded_apart, threads, threads_moved

LISTED = Path(__file__).parent / "differences.txt"


@pytest.fixture
def servers(start_service: StartService) -> Iterator[tuple[Client, Client]]:
    """Ours and Dovecot, with an empty mailbox each."""
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:  # a short path: its sockets' are bounded
        folder = Path(name)
        folder.chmod(0o755)  # Dovecot's processes run as somebody else
        yield from _started(start_service, folder)


def _started(start_service: StartService, folder: Path) -> Iterator[tuple[Client, Client]]:
    service = start_service(plugins="imap,rest", workers=1)
    address = service.new_mailbox(PASSWORD)
    dovecot = Dovecot(folder / "dovecot", "plain")
    ours = Client(service.ports["imap.listen"], address, PASSWORD)
    theirs = Client(dovecot.imap, dovecot.address(0), PASSWORD)
    yield ours, theirs
    ours.close()
    theirs.close()
    dovecot.stop()


def test_every_difference_to_dovecot_is_explained(servers: tuple[Client, Client]) -> None:
    sent = mails()
    for server in servers:
        for mail in sent.values():
            server.append(mail)
        server.ask(b"SELECT INBOX")
    names = list(sent)
    found = [
        *different_answers(servers, names),
        *different_searches(servers, names),
        *different_orders(servers, names),
        *different_threads(servers, names),
    ]
    listed = [entry for entry in entries() if entry[0] in sent or entry[0] == "*"]
    unexplained = [difference for difference in found if not any(explains(entry, difference) for entry in listed)]
    assert not unexplained, "\n".join(" | ".join(difference) for difference in unexplained)
    over = [entry for entry in listed if not any(explains(entry, difference) for difference in found)]
    assert not over, f"these differences are no more: {over}"


def different_answers(servers: tuple[Client, Client], names: list[str]) -> Iterator[tuple[str, str]]:
    """The mails and the items about which the two do not say the same."""
    for number, name in enumerate(names, 1):
        ours, theirs = (answers(server, number) for server in servers)
        yield from ((name, item) for item in sorted(ours | theirs) if ours.get(item) != theirs.get(item))


def different_searches(servers: tuple[Client, Client], names: list[str]) -> Iterator[tuple[str, str]]:
    """The mails that only one of the two finds, and the key."""
    for key in SEARCHES:
        command = key.encode() if key.isascii() else f"CHARSET UTF-8 {key}".encode()
        ours, theirs = (server.search(command) for server in servers)
        yield from ((names[number - 1], f"SEARCH {key}") for number in sorted(set(ours) ^ set(theirs)))


def different_orders(servers: tuple[Client, Client], names: list[str]) -> Iterator[tuple[str, str]]:
    """The mails that are elsewhere in the order, and its criteria."""
    for criteria in SORTS:
        item = f"SORT {criteria}"
        ours, theirs = (server.sort(criteria) for server in servers)
        yield from ((names[number - 1], item) for number in sorted(moved(ours, theirs, known(names, item))))


def different_threads(servers: tuple[Client, Client], names: list[str]) -> Iterator[tuple[str, str]]:
    """The mails that are elsewhere in the threads, and the algorithm; then those whose threads are elsewhere."""
    for algorithm in THREADS:
        item = f"THREAD {algorithm}"
        ours, theirs = (threads(server.thread(algorithm)) for server in servers)
        yield from ((names[number - 1], item) for number in sorted(threaded_apart(ours, theirs, known(names, item))))
        elsewhere = threads_moved(ours, theirs, known(names, f"{item} order"))
        yield from ((names[number - 1], f"{item} order") for number in sorted(elsewhere))


def known(names: list[str], item: str) -> list[int]:
    """The numbers of the mails of which it is listed by their name that the item differs."""
    listed = [entry for entry in entries() if entry[0] != "*"]
    return [number for number, name in enumerate(names, 1) if any(explains(entry, (name, item)) for entry in listed)]


def entries() -> list[tuple[str, str]]:
    """Mail and item of each listed difference; the reason is for people, and has to be there."""
    lines = [line for line in LISTED.read_text().splitlines() if line and not line.startswith("#")]
    triples = [[word.strip() for word in line.split("|")] for line in lines]
    assert all(len(triple) == 3 and "RFC" in triple[2] for triple in triples)
    return [(mail, item) for mail, item, _ in triples]


def explains(entry: tuple[str, str], difference: tuple[str, str]) -> bool:
    return all(fnmatchcase(_plain(is_), _plain(listed)) for is_, listed in zip(difference, entry, strict=True))


def _plain(text: str) -> str:
    """Brackets mean themselves."""
    return text.replace("[", "<").replace("]", ">")
