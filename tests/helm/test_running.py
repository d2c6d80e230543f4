"""Rendered installations serve: real processes, the real PostgreSQL and Redis, mail in and out through the ports of the pods."""

from __future__ import annotations

import base64
import imaplib
import json
import os
import poplib
import smtplib
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from skrytka.serve.self_signed import make_self_signed
from skrytka.store import schema
from tests.helm.charts import SCALED, Manifest, of_kind, render, serving
from tests.helm.running import Pod
from tests.servers import Postgres, Redis

pytestmark = pytest.mark.timeout(300)
ADDRESS, PASSWORD = "ann@example.org", "correct horse"
MAIL = b"Subject: large\r\n\r\n" + b"".join(base64.b64encode(os.urandom(57)) + b"\r\n" for _ in range(4_000))
"""Larger than ``blobs.inline_limit_octets``, compressed too."""


class StartPod(Protocol):
    def __call__(
        self, template: Manifest, node: str, volumes: dict[str, Path], secrets: dict[str, dict[str, str]] | None = None
    ) -> Pod: ...


@pytest.fixture
def start_pod(tmp_path: Path) -> Iterator[StartPod]:
    started: list[Pod] = []

    def start(
        template: Manifest, node: str, volumes: dict[str, Path], secrets: dict[str, dict[str, str]] | None = None
    ) -> Pod:
        pod = Pod(template, tmp_path / node, volumes, secrets or {})
        pod.start()
        started.append(pod)
        return pod

    yield start
    for pod in started:
        pod.stop()
        assert "Traceback" not in pod.log(), pod.log()


def api(pod: Pod, key: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{pod.ports['http']}/v1{path}"
    octets = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, octets, headers, method=method), timeout=30) as answer:
        return json.load(answer)


def provision(pod: Pod, key: str) -> None:
    api(pod, key, "PUT", "/domains/example.org", {})
    api(pod, key, "PUT", f"/mailboxes/{ADDRESS}", {"password": PASSWORD})


def deliver(pod: Pod) -> None:
    with smtplib.LMTP("127.0.0.1", pod.ports["lmtp"]) as lmtp:
        assert lmtp.sendmail("bob@example.net", [ADDRESS], MAIL) == {}


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def read_over_imap(pod: Pod, certificate: Path) -> bytes:
    with imaplib.IMAP4_SSL("localhost", pod.ports["imaps"], ssl_context=trusting(certificate)) as imap:
        imap.login(ADDRESS, PASSWORD)
        assert imap.select("INBOX") == ("OK", [b"1"])
        _, ((_, octets), *_) = imap.fetch("1", "BODY.PEEK[TEXT]")  # type: ignore[misc]
        assert isinstance(octets, bytes)
        return octets


def read_over_pop3(pod: Pod, certificate: Path) -> bytes:
    pop3 = poplib.POP3_SSL("localhost", pod.ports["pop3s"], context=trusting(certificate))
    pop3.user(ADDRESS)
    pop3.pass_(PASSWORD)
    _, lines, _ = pop3.retr(1)
    pop3.quit()
    return b"\r\n".join(lines) + b"\r\n"


BODY = MAIL.partition(b"\r\n\r\n")[2]


def is_up(pod: Pod) -> None:
    pod.wait_until_started()
    assert (pod.probe("livenessProbe"), pod.probe("readinessProbe")) == (200, 200)


def test_all_in_one_serves_and_keeps_its_mail_on_the_volume(start_pod: StartPod, tmp_path: Path) -> None:
    ((_, template),) = serving(render()).items()
    volume = tmp_path / "claim"
    pod = start_pod(template, "node-1", {"data": volume})
    is_up(pod)
    provision(pod, (volume / "admin.key").read_text().strip())
    deliver(pod)
    certificate = volume / "tls" / "certificate.pem"
    assert read_over_imap(pod, certificate) == BODY
    assert pod.stop() == 0

    again = start_pod(template, "node-2", {"data": volume})
    is_up(again)
    assert read_over_pop3(again, certificate).endswith(BODY)


def test_scaled_pods_are_one_service(
    start_pod: StartPod, tmp_path: Path, postgres_server: Postgres, redis_server: Redis
) -> None:
    key = "0123456789abcdef0123456789abcdef"
    database = postgres_server.create_database()
    secrets = {
        "skrytka-store": {"url": database},
        "skrytka-redis": {"url": redis_server.url()},
        "skrytka-key": {"key": key},
    }
    rendered = render(SCALED, "tls.yaml")
    blobs, tls = tmp_path / "claim", tmp_path / "secret"
    tls.mkdir()
    make_self_signed(tls / "tls.crt", tls / "tls.key", "mail.example.org")

    (job,) = of_kind(rendered, "Job").values()
    migration = Pod(job["spec"]["template"], tmp_path / "migration", {}, secrets)
    done = migration.run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{each} is at schema version {schema.load(schema.kind_of(each))[-1].number}"
        for each in ("directory", "shard-0", "shard-1")
    ]

    pods = {
        name.removeprefix("mail-skrytka-"): start_pod(template, name, {"blobs": blobs, "tls": tls}, secrets)
        for name, template in serving(rendered).items()
    }
    for pod in pods.values():
        is_up(pod)
        assert "migrated from schema version" not in pod.log(), "the Job did it"
    assert not list(tmp_path.rglob("admin.key")), "the key to everything is in its Secret alone"
    provision(pods["rest"], key)
    deliver(pods["lmtp"])
    assert [each for each in (blobs / "skrytka").glob("??/??/*") if each.stat().st_size > 65_536]
    assert read_over_imap(pods["imap"], tls / "tls.crt") == BODY
    assert read_over_pop3(pods["pop3"], tls / "tls.crt").endswith(BODY)
    assert [pod.stop() for pod in pods.values()] == [0, 0, 0, 0]
    postgres_server.drop_database(database)
