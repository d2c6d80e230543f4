"""Redis is killed and comes back: idle sessions live by polling meanwhile, and no mail stays unannounced."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger
from tests.live.outages.announcements import IdleSessions
from tests.live.serving import Service
from tests.live.waiting import WITHIN_S, until
from tests.servers import Redis

SESSIONS = 500
POLL_S = 2.0
POLLED_WITHIN_S = 5 * POLL_S
"""Each session looks once per interval; the machine has all of them, their mail and others' work to do meanwhile."""

BEGAN, OVER = "bus: Redis is down", "bus: connected to Redis"
WORKERS = 2
LIMITS = {"imap.max_connections_per_address": "1000"}


@pytest.mark.timeout(300)
def test_sessions_poll_and_are_pushed_to_again(start_service: StartService, own_redis: Redis) -> None:
    service = start_service({"redis.url": own_redis.url(), "bus.poll_interval_s": str(POLL_S), **LIMITS})
    ledgers = [Ledger(service, service.new_mailbox("secret")) for _ in range(10)]
    with IdleSessions(service, [ledger.address for ledger in ledgers], SESSIONS) as sessions:
        memory = service.memory()
        announced(sessions, ledgers, 1)
        assert service.metrics()["skrytka_bus_healthy"] == 1

        own_redis.kill()
        until(lambda: service.log().count(BEGAN) == WORKERS, "nobody says that Redis is down")
        assert service.metrics()["skrytka_bus_healthy"] == 0
        assert_still_ready(service)
        for messages in range(2, 5):
            announced(sessions, ledgers, messages, POLLED_WITHIN_S)

        for ledger in ledgers:
            assert ledger.deliver()
        own_redis.start()
        until(lambda: sessions.all_heard(5), "not all sessions heard of the mail that came while Redis was down")
        until(lambda: service.log().count(OVER) == 2 * WORKERS, "nobody says that Redis is back")
        until(lambda: service.metrics()["skrytka_bus_healthy"] == 1, "the metric says that Redis is down")
        assert all(octets < memory[pid] + 48 * 2**20 for pid, octets in service.memory().items())
    assert service.log().count(BEGAN) == WORKERS
    for ledger in ledgers:
        assert len(ledger.acknowledged) == 5
        ledger.assert_nothing_lost()


def announced(sessions: IdleSessions, ledgers: list[Ledger], messages: int, within_s: float = WITHIN_S) -> None:
    for ledger in ledgers:
        assert ledger.deliver()
    until(lambda: sessions.all_heard(messages), f"not all sessions heard of {messages} messages", within_s)


def assert_still_ready(service: Service) -> None:
    status, answer = service.request("GET", "/healthz/ready")
    assert status == 200
    assert b'"bus":"degraded"' in answer


def test_what_is_pushed_when_redis_is_back_needs_no_polling(start_service: StartService, own_redis: Redis) -> None:
    service = start_service({"redis.url": own_redis.url(), "bus.poll_interval_s": "600"})
    ledger = Ledger(service, service.new_mailbox("secret"))
    with IdleSessions(service, [ledger.address], 20) as sessions:
        own_redis.kill()
        until(lambda: service.log().count(BEGAN) == WORKERS, "nobody says that Redis is down")
        assert ledger.deliver()
        own_redis.start()
        until(lambda: sessions.all_heard(1), "not all sessions heard of the mail that came while Redis was down")
        announced(sessions, [ledger], 2)
