"""A message committed in any process reaches idle IMAP sessions in every other, at once and not by polling."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.dialogue import Dialogue
from tests.live.serving import Service
from tests.mails import mail
from tests.servers import Postgres, Redis

PUSHED_WITHIN_S = 10.0
NO_POLLING = {"bus.poll_interval_s": "600"}
SESSIONS = 12
LISTENING = 3
README = Path(__file__).parent.parent.parent / "README.md"


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def idle_sessions(
    sockets: ExitStack, service: Service, address: str, folder: str = "INBOX", at_least: int = SESSIONS
) -> list[Dialogue]:
    """Idle sessions in every worker: the kernel spreads connections by chance, so some more may be needed."""
    sessions: list[Dialogue] = []
    while len(sessions) < at_least or 0 in service.connections("imap.listen").values():
        imap = sockets.enter_context(Dialogue(service.ports["imap.listen"]))
        assert imap.line().startswith(b"* OK")
        imap.command(f"LOGIN {address} secret")
        imap.command(f'SELECT "{folder}"')
        imap.send("i IDLE")
        assert imap.line().startswith(b"+")
        sessions.append(imap)
    return sessions


def listening_sessions(sockets: ExitStack, service: Service, address: str, source: str = "inboxes") -> list[Dialogue]:
    """Sessions without a selected folder that NOTIFY tells of new mail (RFC 5465)."""
    sessions: list[Dialogue] = []
    for _ in range(LISTENING):
        imap = sockets.enter_context(Dialogue(service.ports["imap.listen"]))
        assert imap.line().startswith(b"* OK")
        imap.command(f"LOGIN {address} secret")
        imap.command(f"NOTIFY SET ({source} (MessageNew MessageExpunge))")
        sessions.append(imap)
    return sessions


def assert_notified(sessions: Sequence[Dialogue], messages: int, folder: str = "INBOX") -> None:
    for session in sessions:
        session.until(f'* STATUS "{folder}" (MESSAGES {messages} UIDNEXT {messages + 1})'.encode(), PUSHED_WITHIN_S)


def assert_told(sessions: Sequence[Dialogue], messages: int) -> None:
    deadline = time.monotonic() + PUSHED_WITHIN_S
    for session in sessions:
        session.until(f"* {messages} EXISTS".encode(), max(deadline - time.monotonic(), 0.1))


def test_every_worker_of_one_instance_is_told_over_the_local_bus(
    start_service: StartService, sockets: ExitStack
) -> None:
    service = start_service(NO_POLLING)
    address = service.new_mailbox(password="secret")
    sessions = idle_sessions(sockets, service, address)
    service.upload(address, mail(0))
    assert_told(sessions, 1)
    service.deliver(address, mail(1))
    assert_told(sessions, 2)


def share(service: Service, address: str, *others: str) -> None:
    """Let these others read the INBOX, and nobody else."""
    entries = [{"identifier": other, "rights": "lr"} for other in others]
    service.api("PUT", f"/mailboxes/{address}/acl/INBOX", {"entries": entries})


def test_who_has_the_folder_of_another_selected_is_told_and_leaves_when_he_may_no_longer_read_it(
    start_service: StartService, sockets: ExitStack
) -> None:
    service = start_service(NO_POLLING)
    address, other = service.new_mailbox(password="secret"), service.new_mailbox(password="secret")
    share(service, address, other)
    sessions = idle_sessions(sockets, service, other, f"Other users/{address}/INBOX", at_least=2)
    service.deliver(address, mail(1))
    assert_told(sessions, 1)
    share(service, address)
    for session in sessions:
        session.until(b"* BYE You may no longer read the selected folder", PUSHED_WITHIN_S)


def test_a_second_instance_on_the_same_data_directory_is_told(start_service: StartService, sockets: ExitStack) -> None:
    service = start_service(NO_POLLING)
    second = start_service(NO_POLLING, data_dir=service.data_dir)
    address = service.new_mailbox(password="secret")
    sessions = idle_sessions(sockets, second, address)
    listening = listening_sessions(sockets, second, address)
    service.deliver(address, mail(1))
    assert_told(sessions, 1)
    assert_notified(listening, 1)


def printed_settings() -> dict[str, str]:
    """Settings by key of the README's line for many machines."""
    line = next(line for line in README.read_text().splitlines() if line.startswith("SKRYTKA_STORE__URL="))
    *variables, command, serve = line.split()
    assert (command, serve) == ("skrytka", "serve")
    given = dict(variable.split("=", 1) for variable in variables)
    return {name.removeprefix("SKRYTKA_").replace("__", ".").lower(): value for name, value in given.items()}


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def test_two_instances_over_postgresql_and_redis(
    database: str, start_service: StartService, redis_server: Redis, tmp_path: Path, sockets: ExitStack
) -> None:
    shared = {"store.url": database, "redis.url": redis_server.url(), "blobs.url": f"file://{tmp_path}/blobs"}
    assert {key: url.partition(":")[0] for key, url in printed_settings().items()} == {
        key: url.partition(":")[0] for key, url in shared.items() if key != "blobs.url"
    }
    one = start_service(shared | NO_POLLING)
    other = start_service(shared | NO_POLLING | {"serve.workers": "1"})
    address = one.new_mailbox(password="secret")
    friend = one.new_mailbox(password="secret")
    friends = listening_sessions(sockets, other, friend, 'subtree "Other users"')
    share(one, address, friend)
    sessions = [*idle_sessions(sockets, one, address), *idle_sessions(sockets, other, address)]
    listening = [*listening_sessions(sockets, one, address), *listening_sessions(sockets, other, address)]
    sessions += idle_sessions(sockets, other, friend, f"Other users/{address}/INBOX", at_least=2)
    one.deliver(address, mail(1))
    assert_told(sessions, 1)
    assert_notified(listening, 1)
    assert_notified(friends, 1, f"Other users/{address}/INBOX")
    other.deliver(address, mail(2))
    assert_told(sessions, 2)
    assert_notified(listening, 2)
    assert_notified(friends, 2, f"Other users/{address}/INBOX")
