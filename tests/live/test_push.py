"""A message committed in any process reaches idle IMAP sessions in every other, at once and not by polling."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from tests.live.dialogue import Dialogue
from tests.live.serving import Service
from tests.mails import mail

PUSHED_WITHIN_S = 10.0  # far below the polling interval, which the fixture sets to ten minutes
SESSIONS = 12  # enough that the kernel spreads them over both workers


def idle_sessions(service: Service, address: str) -> list[Dialogue]:
    sessions = []
    for _ in range(SESSIONS):
        imap = Dialogue(service.port("imap.listen"))
        assert imap.line().startswith(b"* OK")
        imap.command(f"LOGIN {address} secret")
        imap.command("SELECT INBOX")
        imap.send("i IDLE")
        assert imap.line().startswith(b"+")
        sessions.append(imap)
    return sessions


def assert_told(sessions: Sequence[Dialogue], messages: int) -> None:
    deadline = time.monotonic() + PUSHED_WITHIN_S
    for session in sessions:
        session.until(f"* {messages} EXISTS".encode(), max(deadline - time.monotonic(), 0.1))


def test_every_worker_of_one_instance_is_told_over_the_local_bus(service: Service) -> None:
    assert service.workers >= 2
    address = service.new_mailbox(password="secret")
    sessions = idle_sessions(service, address)
    service.upload(address, mail(0))
    assert_told(sessions, 1)
    service.deliver(address, mail(1))
    assert_told(sessions, 2)


def test_a_second_instance_on_the_same_data_directory_is_told(service: Service, second: Service) -> None:
    address = service.new_mailbox(password="secret")
    sessions = idle_sessions(second, address)
    service.deliver(address, mail(1))
    assert_told(sessions, 1)


@pytest.mark.usefixtures("redis_server")
def test_two_instances_over_postgresql_and_redis(clustered: tuple[Service, Service]) -> None:
    one, other = clustered
    address = one.new_mailbox(password="secret")
    sessions = [*idle_sessions(one, address), *idle_sessions(other, address)]
    one.deliver(address, mail(1))
    assert_told(sessions, 1)
    other.upload(address, mail(2))
    assert_told(sessions, 2)
