"""A worker whose event loop does nothing any more is killed and starts again, and the log says where it was."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.packages import install
from tests.live.waiting import until
from tests.servers import free_port

HUNG = "did nothing for 2 s and is killed"
SOON = {"serve.hang_timeout_s": "2"}
PLUGIN = """
    from skrytka.plugin_api import FrontEnd, FrontEndSettings, hookimpl

    class Hanging(FrontEndSettings, frozen=True):
        pass

    async def converse(core, settings, connection):
        it_never_ends()

    def it_never_ends():
        while True:
            pass

    @hookimpl
    def skrytka_front_ends():
        return (FrontEnd("hanging", Hanging, converse),)
"""


def test_a_worker_that_stands_still_is_replaced_and_counted(start_service: StartService) -> None:
    """``serve.hang_timeout_s``; not even a process that is stopped is safe from it."""
    service = start_service(SOON)
    before = service.workers()
    os.kill(before[0], signal.SIGSTOP)
    until(lambda: HUNG in service.log(), "nobody missed it")
    until(lambda: len(service.workers()) == 2 and before[0] not in service.workers(), "no successor started")
    assert before[1] in service.workers()
    until(lambda: service.metrics().get("skrytka_workers_hung_total") == 1, "it is not counted")
    assert service.log().count(HUNG) == 1


def test_the_log_says_where_it_hangs(
    start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "packages", "hanging", PLUGIN, monkeypatch)
    port = free_port()
    service = start_service({**SOON, "hanging.listen": f"127.0.0.1:{port}"}, plugins="lmtp,hanging", workers=1)
    before = service.workers()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        assert client.recv(1) == b""
    until(lambda: service.workers() not in ([], before), "no successor started")
    assert HUNG in service.log()
    assert "in it_never_ends" in service.log()


def test_who_only_waits_is_left_alone(start_service: StartService) -> None:
    """Also where the service stood still as a whole, as it does when the machine is suspended."""
    service = start_service(SOON, workers=1)
    before = service.workers()
    os.killpg(service.process.pid, signal.SIGSTOP)
    time.sleep(2.5)
    os.killpg(service.process.pid, signal.SIGCONT)
    time.sleep(0.5)
    assert service.workers() == before
    assert service.stop() == 0
    assert HUNG not in service.log()


def test_it_can_be_switched_off(start_service: StartService) -> None:
    service = start_service({"serve.hang_timeout_s": "0"}, plugins="lmtp", workers=1)
    before = service.workers()
    os.kill(before[0], signal.SIGSTOP)
    time.sleep(0.5)
    os.kill(before[0], signal.SIGCONT)
    assert service.workers() == before
    assert service.stop() == 0
