"""A front end from another package, in a real service: what only the inside of a worker can tell."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.packages import install
from tests.servers import free_port

PLUGIN = """
    import sys
    from skrytka.plugin_api import FrontEnd, FrontEndSettings, hookimpl

    class Telling(FrontEndSettings, frozen=True):
        pass

    async def converse(core, settings, connection):
        connection.write(b"%a\\n" % sys.getswitchinterval())
        await connection.flush()

    @hookimpl
    def skrytka_front_ends():
        return (FrontEnd("telling", Telling, converse),)
"""


def test_serve_switch_interval_s(start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "packages", "telling", PLUGIN, monkeypatch)
    port = free_port()
    given = {"serve.switch_interval_s": "0.0007", "telling.listen": f"127.0.0.1:{port}"}
    start_service(given, plugins="rest,telling", workers=1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        assert float(client.makefile().readline()) == pytest.approx(0.0007, abs=1e-6)
