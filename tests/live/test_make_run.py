"""A fresh copy of the project serves with ``make run`` alone, as a new user would start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.servers import free_port

INSTALL_LIMIT_S = 420
READY_LIMIT_S = 60


@pytest.mark.timeout(INSTALL_LIMIT_S + READY_LIMIT_S + 60)
def test_make_run_serves_within_a_minute_of_its_installs(fresh_copy: Path) -> None:
    listeners = ("REST__LISTEN", "IMAP__LISTEN", "IMAP__LISTEN_TLS", "POP3__LISTEN", "POP3__LISTEN_TLS", "LMTP__LISTEN")
    addresses = {f"SKRYTKA_{name}": f"127.0.0.1:{free_port()}" for name in listeners}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SKRYTKA_")} | addresses
    environment["PIP_NO_COMPILE"] = "1"  # the first start compiles what it loads
    python = f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"
    subprocess.run(
        ["make", python, ".venv/run.installed"], cwd=fresh_copy, env=environment, timeout=INSTALL_LIMIT_S, check=True
    )
    served = subprocess.Popen(["make", python, "run"], cwd=fresh_copy, env=environment, start_new_session=True)
    try:
        assert _ready(f"http://{addresses['SKRYTKA_REST__LISTEN']}/healthz/ready", time.monotonic() + READY_LIMIT_S)
        assert (fresh_copy / "var" / "admin.key").stat().st_mode & 0o777 == 0o600
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(60)


def _ready(url: str, deadline: float) -> bool:
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False
