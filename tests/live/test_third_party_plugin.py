"""A front end from another package, in a real service: what only the inside of a worker can tell."""

from __future__ import annotations

import socket
import textwrap
from pathlib import Path

import pytest

from tests.live.conftest import StartService
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
    packages = tmp_path / "packages"
    info = packages / "telling-1.dist-info"
    info.mkdir(parents=True)
    (packages / "telling_plugin.py").write_text(textwrap.dedent(PLUGIN))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: telling\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[skrytka.plugins]\ntelling = telling_plugin\n")
    monkeypatch.syspath_prepend(packages)
    port = free_port()
    given = {"serve.switch_interval_s": "0.0007", "telling.listen": f"127.0.0.1:{port}"}
    start_service(given, plugins="rest,telling", workers=1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        assert float(client.makefile().readline()) == pytest.approx(0.0007, abs=1e-6)
