"""``serve.health_listen``: probes and metrics of a process that serves no REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.serving import run
from tests.servers import Postgres, free_port


def get(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("plugins", ["lmtp", "lmtp,rest"])
def test_it_answers_probes_and_nothing_that_needs_a_key(start_service: StartService, plugins: str) -> None:
    port = free_port()
    service = start_service({"serve.health_listen": f"127.0.0.1:{port}"}, plugins=plugins)
    assert get(port, "/healthz/live") == (200, b'{"status":"ok"}')
    status, body = get(port, "/healthz/ready")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    status, body = get(port, "/metrics")
    assert status == 200
    assert b"skrytka_workers 2.0" in body
    assert b'skrytka_connections_accepted_total{listener="serve.health_listen"}' in body
    for path in ("/v1/domains", "/docs", "/"):
        assert get(port, path)[0] == 404, path
    assert service.stop() == 0


def test_it_is_not_ready_without_the_store(own_postgres: Postgres, start_service: StartService) -> None:
    port = free_port()
    start_service(
        {"store.url": own_postgres.create_database(), "serve.health_listen": f"127.0.0.1:{port}"}, plugins="lmtp"
    )
    assert get(port, "/healthz/ready")[0] == 200
    own_postgres.stop()
    assert get(port, "/healthz/ready")[0] == 503
    assert get(port, "/healthz/live")[0] == 200


def test_health_alone_is_nothing_to_serve(tmp_path: Path) -> None:
    given = {"serve.health_listen": f"127.0.0.1:{free_port()}", "serve.plugins": "lmtp", "lmtp.listen": ""}
    result = run("serve", data_dir=tmp_path / "var", given=given)
    assert result.returncode == 2
    assert "nothing to serve" in result.stderr
