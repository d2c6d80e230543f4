"""A worker without a descriptor left: who is connected is served, who comes waits in the queue and is served later. A
supervisor without one starts workers later."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.serving import Service
from tests.live.waiting import until

BEGAN, OVER = "accepting connections: outage: Too many open files", "accepting connections: works again"
ASKED = {
    "imap.listen": b"",
    "pop3.listen": b"",
    "lmtp.listen": b"",
    "rest.listen": b"GET /healthz/live HTTP/1.0\r\n\r\n",
}
ANSWERED = {"imap.listen": b"* OK", "pop3.listen": b"+OK", "lmtp.listen": b"220", "rest.listen": b"HTTP/1.1 200"}
WAITING = 20


@contextlib.contextmanager
def exhausted(pid: int) -> Iterator[None]:
    """The process has no descriptor below its limit left; those it has stay open."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    lowest_free = next(number for number in range(len(taken) + 1) if number not in taken)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def accept_errors(service: Service, listener: str) -> float:
    return service.metrics()[f'skrytka_accept_errors_total{{cause="process_files",listener="{listener}"}}']


def test_new_clients_wait_and_old_ones_are_served(start_service: StartService) -> None:
    service = start_service(workers=1)
    [pid] = service.workers()
    ledger = Ledger(service, service.new_mailbox("secret"))
    assert ledger.deliver()
    memory, processor = service.memory()[pid], processor_s(pid)
    with logged_in(service, ledger.address) as imap, contextlib.ExitStack() as opened:
        with exhausted(pid):
            waiting = [
                (opened.enter_context(socket.create_connection(("127.0.0.1", service.ports[key]), 30)), key)
                for key in ASKED
                for _ in range(WAITING)
            ]
            for client, key in waiting:
                client.sendall(ASKED[key])
            until(lambda: service.log().count(BEGAN) == len(ASKED), "nobody says that connections cannot be accepted")
            imap.command("STORE 1 +FLAGS (\\Flagged)")
            assert b"X-Test-Id: 0" in imap.command("FETCH 1 (BODY.PEEK[])")[0]
        for client, key in waiting:
            assert client.recv(100).startswith(ANSWERED[key])
    until(lambda: service.log().count(OVER) == len(ASKED), "nobody says that connections are accepted again")
    assert service.log().count(BEGAN) == len(ASKED)
    assert min(accept_errors(service, key) for key in ASKED) >= 1
    assert service.workers() == [pid]
    assert service.memory()[pid] < memory + 32 * 2**20
    assert processor_s(pid) - processor < 5, "the worker turned in circles"
    assert ledger.deliver()
    ledger.assert_nothing_lost()


def test_a_worker_that_dies_meanwhile_starts_later(start_service: StartService) -> None:
    """Its queue is kept open by the supervisor, so that nobody who came to it would ever be answered."""
    service = start_service(workers=1, plugins="imap,rest")
    [pid] = service.workers()
    with exhausted(service.process.pid):
        os.kill(pid, signal.SIGKILL)
        until(lambda: "worker 1 cannot be started: " in service.log(), "nobody says that it cannot be started")
        waiting = socket.create_connection(("127.0.0.1", service.ports["imap.listen"]), 30)
    with waiting:
        assert waiting.recv(100).startswith(b"* OK")
