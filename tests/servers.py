"""Private real servers for tests: PostgreSQL and Redis as child processes on free ports, usable from sync fixtures.

Each server lives in a temporary folder, dies with the process that started it and can be killed and started again on
the same data, which is how crashes are tested. A missing binary raises ``Missing``, which carries the one command that
would install it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

_START_TIMEOUT_S = 30.0
_USER = "nobody"  # postgres refuses to run as root
_START_ATTEMPTS = 5


class Missing(Exception):
    """A server's binary is not installed; the text is the command that installs it."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, below the range from which clients get theirs."""
    while True:
        port = random.randint(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_ports(count: int) -> list[int]:
    """As many, no two the same."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)


def _find(program: str, package: str) -> Path:
    """The newest Debian installation of a program, or the one in PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    if versions:
        return versions[-1]
    found = shutil.which(program)
    if found is None:
        raise Missing(f"apt-get install -y {package}")
    return Path(found)


def _unprivileged(command: list[str]) -> list[str]:
    """The command, as another user when we are root; it gets SIGINT when the test process dies."""
    prefix = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        prefix += ["--reuid", _USER, "--regid", "nogroup", "--clear-groups"]
    return [*prefix, *command]


def _children(pid: int) -> list[int]:
    """The direct children of a process: no process group holds PostgreSQL's backends, each leads a session of its own."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found.extend(int(child) for child in task.read_text().split())
    return found


class Server:
    """A child process that is started, stopped, killed and paused."""

    program = ""
    package = ""

    def __init__(self) -> None:
        self.binary = _find(self.program, self.package)
        self.folder = Path(tempfile.mkdtemp(prefix=f"skrytka-{self.program}-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, _USER, "nogroup")

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start and wait until it answers. A first start takes another port when another process was faster."""
        attempts = _START_ATTEMPTS if self._process is None else 1
        for _ in range(attempts):
            if self._start_once():
                return
            self.port = free_port()
        raise RuntimeError(f"{self.program} did not start:\n{self.log()}")

    def _start_once(self) -> bool:
        with self._log_path().open("ab") as log:
            self._process = subprocess.Popen(
                _unprivileged(self.command()), cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def stop(self) -> None:
        """Shut down in order: every client is disconnected, nothing is lost."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGINT)
        self._wait(self.kill)

    def kill(self) -> None:
        """``kill -9`` the server and its children, as a crash would."""
        if self._process is None or self._process.poll() is not None:
            return
        children = _children(self._process.pid)
        self._process.kill()
        for child in children:
            _kill(child)
        self._process.wait()
        _await(lambda: not any(Path(f"/proc/{child}").exists() and not _is_zombie(child) for child in children))

    def pause(self) -> None:
        """Stop the server and its children without closing a connection: it is up and does not answer."""
        assert self._process is not None
        self._signal(signal.SIGSTOP)
        for child in _children(self._process.pid):
            os.kill(child, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        for child in _children(self._process.pid):
            os.kill(child, signal.SIGCONT)
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop and delete the data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return self._log_path().read_text(errors="replace")

    def _log_path(self) -> Path:
        return self.folder / "server.log"

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self, otherwise: Callable[[], None]) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(_START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            otherwise()


class Postgres(Server):
    """PostgreSQL with one superuser ``skrytka``. Without ``fsync`` only a power cut could lose something."""

    program = "postgres"
    package = "postgresql"

    def __init__(self, *, fsync: bool = False) -> None:
        super().__init__()
        self.fsync = fsync
        self.data = self.folder / "data"
        self._administrator: psycopg.Connection | None = None
        subprocess.run(
            _unprivileged(
                [
                    *(str(self.binary.with_name("initdb")), "--pgdata", str(self.data), "--username", "skrytka"),
                    *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
                ]
            ),
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "64MB",
            "dynamic_shared_memory_type": "mmap",  # in its folder, which is removed also after a kill
            "fsync": "on" if self.fsync else "off",
            "synchronous_commit": "on",
            "max_wal_size": "256MB",
            "autovacuum_naptime": "10s",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binary), "-D", str(self.data), "-p", str(self.port), *settings]

    def answers(self) -> bool:
        probe = [str(self.binary.with_name("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run([*probe, "-d", "postgres", "-U", "skrytka"], check=False).returncode == 0

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://skrytka@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run one statement with psql and return its rows, unaligned."""
        psql = [str(self.binary.with_name("psql")), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*psql, "-d", self.url(database), "-c", text], check=False, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def create_database(self, template: str | None = None) -> str:
        """A new database, empty or a copy of the one with that URL, to which nobody is connected; returns its URL."""
        name = f"test_{os.getpid()}_{random.getrandbits(48):012x}"
        copied = f" TEMPLATE {_name(template)} STRATEGY FILE_COPY" if template else ""
        self._administer(f"CREATE DATABASE {name}{copied}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self._administer(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        """Over one connection that is kept: with tests by the hundred, a connection and psql for each would show."""
        if self._administrator is None:
            self._administrator = psycopg.connect(self.url(), autocommit=True)
        self._administrator.execute(statement.encode())

    def stop(self) -> None:
        self._leave()
        super().stop()

    def kill(self) -> None:
        self._leave()
        super().kill()

    def _leave(self) -> None:
        if self._administrator is not None:
            self._administrator.close()
            self._administrator = None


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]


class Redis(Server):
    """Redis without persistence."""

    program = "redis-server"
    package = "redis-server"

    def command(self) -> list[str]:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        return [str(self.binary), *options, "--dir", str(self.folder), "--daemonize", "no"]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("killed processes are still there")
        time.sleep(0.01)
