"""``skrytka serve`` as a subprocess: free ports, a data directory, readiness, signals, and what it printed and logged."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers import free_ports

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
LISTENERS = {
    "imap": ("imap.listen", "imap.listen_tls"),
    "pop3": ("pop3.listen", "pop3.listen_tls"),
    "lmtp": ("lmtp.listen",),
    "rest": ("rest.listen",),
}
_ATTEMPTS = 5
JSON = "application/json"
_numbers = itertools.count(1)


class DidNotStart(Exception):
    """The service ended before it was ready; ``status`` and ``output`` (its stderr) say how."""

    def __init__(self, status: int | None, output: str) -> None:
        super().__init__(f"exit status {status}:\n{output}")
        self.status = status
        self.output = output


class Service:
    """One supervisor with its workers. ``settings`` are by key: ``{"serve.drain_timeout_s": "2"}``."""

    def __init__(
        self,
        data_dir: Path,
        settings: Mapping[str, str] | None = None,
        *,
        plugins: str = "imap,pop3,lmtp,rest",
        workers: int = 2,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self._given = {"serve.workers": str(workers), "serve.plugins": plugins, **(settings or {})}
        self._keys = [key for plugin in plugins.split(",") for key in LISTENERS.get(plugin, ())]
        self._environment = environment or {}
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes]

    def start(self) -> Service:
        """Start and wait until every listener is ready; other ports are taken when another process was faster."""
        for attempt in range(_ATTEMPTS):
            keys = [key for key in self._keys if key not in self._given]
            self.ports = dict(zip(keys, free_ports(len(keys)), strict=True))
            try:
                self.start_once()
            except DidNotStart as failure:
                if attempt == _ATTEMPTS - 1 or not any(
                    f"{key}: 127.0.0.1:{port} is taken" in failure.output for key, port in self.ports.items()
                ):
                    raise
            else:
                break
        for key in self._keys:
            if self._given.get(key):
                self.ports[key] = int(self._given[key].rpartition(":")[2])
        return self

    def start_once(self) -> None:
        """Start with the ports there are."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._log = self._new_log()
        self._output = self._log.with_suffix(".out")
        with self._log.open("wb") as log, self._output.open("wb") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command(), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=self._environ(),
                process_group=0,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise DidNotStart(self.process.returncode, self.log())
            time.sleep(0.02)

    def _new_log(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}-{time.monotonic_ns()}.log")

    def _environ(self) -> dict[str, str]:
        given = {**{key: f"127.0.0.1:{port}" for key, port in self.ports.items()}, **self._given}
        return {**environ(self.data_dir, given), **self._environment}

    def _is_ready(self) -> bool:
        output = self.output()
        return all(f"{key} is ready on " in output for key in self._keys if self._given.get(key, "on"))

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """``kill -9`` the supervisor and its workers at one stroke, as a crash of all would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def workers(self) -> list[int]:
        """The process numbers of the workers."""
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
        return sorted(found)

    def connections(self, key: str) -> dict[int, int]:
        """How many connections to a listener each worker has, by its process number."""
        return {pid: _connections_of(pid, self.ports[key]) for pid in self.workers()}

    def memory(self) -> dict[int, int]:
        """Octets of main memory of each worker, by its process number."""
        return {pid: _resident_octets(pid) for pid in self.workers()}

    def metrics(self) -> dict[str, float]:
        """What ``/metrics`` says, by name with its labels."""
        status, text = self.request("GET", "/metrics")
        assert status == 200
        samples = (line.rpartition(" ") for line in text.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def log(self) -> str:
        return self._log.read_text()

    def output(self) -> str:
        return self._output.read_text()

    @property
    def key(self) -> str:
        """The first REST key."""
        return (self.data_dir / "admin.key").read_text().strip()

    @property
    def certificate(self) -> Path:
        """The self-signed certificate, for clients to trust."""
        return self.data_dir / "tls" / "certificate.pem"

    def request(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None, content_type: str = JSON
    ) -> tuple[int, bytes]:
        """Status and body of a REST call, whatever the status."""
        octets = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}
        url = f"http://127.0.0.1:{self.ports['rest.listen']}{path}"
        asked = urllib.request.Request(url, data=octets, headers=headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, method: str, path: str, body: bytes | dict[str, Any] | None = None, content_type: str = JSON) -> Any:
        """What a REST call that must succeed answers, decoded; None for an empty answer."""
        status, answer = self.request(method, f"/v1{path}", body, content_type)
        assert 200 <= status < 300, (method, path, status, answer)
        return json.loads(answer) if answer else None

    def provision(self, address: str, password: str) -> None:
        """A mailbox, and its domain where it is new."""
        self.api("PUT", f"/domains/{address.partition('@')[2]}", {})
        self.api("PUT", f"/mailboxes/{address}", {"password": password})

    def new_mailbox(self, password: str) -> str:
        """The address of a mailbox that no other test has."""
        address = f"user{next(_numbers)}.{os.getpid()}@example.org"
        self.provision(address, password)
        return address

    def upload(self, address: str, octets: bytes) -> None:
        """Store a mail in INBOX over REST."""
        self.api("POST", f"/mailboxes/{address}/messages", octets, "message/rfc822")

    def deliver(self, address: str, octets: bytes) -> None:
        """Deliver a mail over LMTP."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp.listen"]) as lmtp:
            assert lmtp.sendmail("bob@example.net", [address], octets, ["BODY=8BITMIME"]) == {}

    def message_count(self, address: str) -> int:
        """How many messages the mailbox has, in all its folders."""
        usage = self.api("GET", f"/mailboxes/{address}")["usage"]
        return int(usage["messages"])


def _connections_of(pid: int, port: int) -> int:
    established = re.compile(rf"^ *\d+: \w+:{port:04X} \w+:\w+ 01 (?:\S+ +){{5}}(\d+)", re.MULTILINE)
    ours = {f"socket:[{inode}]" for inode in established.findall(Path(f"/proc/{pid}/net/tcp").read_text())}
    return sum(os.readlink(file) in ours for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink())


def _resident_octets(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def command() -> list[str]:
    """How the tests call ``skrytka``: the code under test, whatever else is installed."""
    return [sys.executable, "-c", "from skrytka.cli.main import main; main()"]


def environ(data_dir: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment without any of Skrytka's variables but those given, by settings key."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SKRYTKA_")}
    variables = {f"SKRYTKA_{key.upper().replace('.', '__', 1)}": value for key, value in given.items()}
    python = os.pathsep.join(path for path in sys.path if path)
    return {**inherited, **variables, "SKRYTKA_DATA_DIR": str(data_dir), "PYTHONPATH": python}


def run(*arguments: str, data_dir: Path, given: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``skrytka`` with these arguments to its end."""
    assert shutil.which("setpriv"), "util-linux is part of every Debian"
    return subprocess.run(
        [*command(), *arguments],
        env=environ(data_dir, given or {}),
        capture_output=True,
        text=True,
        timeout=READY_TIMEOUT_S,
        check=False,
    )
