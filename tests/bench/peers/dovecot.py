"""Debian's Dovecot as its documentation recommends it for speed: sdbox, and login processes that serve many connections.

Two flavours. ``plain`` starts a process for each session, as Dovecot comes; ``tuned`` keeps four IMAP and POP3 processes at
hand and uses them again. Passwords are compared in the clear, so no hash is in its figures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers.interface import PASSWORD, IndexSize
from tests.servers import Missing, free_port

_START_TIMEOUT_S = 20.0
_USER = "nobody"
_FLAVOURS = {"plain": "service_count = 1", "tuned": "service_count = 0\n  process_min_avail = 4"}
_MANY = 3_000


class Dovecot:
    """One running instance in a folder of its own. Implements ``Peer``."""

    def __init__(self, folder: Path, flavour: str) -> None:
        if shutil.which("dovecot") is None:
            raise Missing("apt-get install -y dovecot-imapd dovecot-pop3d dovecot-lmtpd")
        self.name = f"Dovecot, {flavour}"
        self.imap, self.pop3, self.lmtp = free_port(), free_port(), free_port()
        self.mail = folder / "mail"
        self._folder = folder
        self._configuration = folder / "dovecot.conf"
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.mail.mkdir()
        shutil.chown(self.mail, _USER, "nogroup")
        self._configuration.write_text(self._text(_FLAVOURS[flavour]))
        self._start()

    @property
    def pid(self) -> int:
        return int((self._folder / "run/master.pid").read_text())

    def address(self, number: int) -> str:
        return f"user{number}@example.org"

    async def indexed(self) -> IndexSize:
        """It is measured without an index of texts."""
        return IndexSize(0, 0)

    def stop(self) -> None:
        pid = self.pid
        subprocess.run(["doveadm", "-c", str(self._configuration), "stop"], check=True)
        _await(lambda: not Path(f"/proc/{pid}").exists(), "dovecot does not stop")

    def _start(self) -> None:
        subprocess.run(["dovecot", "-c", str(self._configuration)], check=True)
        _await((self._folder / "run/master.pid").exists, "dovecot does not start")

    def _text(self, sessions: str) -> str:
        return f"""
base_dir = {self._folder}/run
state_dir = {self._folder}/state
log_path = {self._folder}/log
info_log_path = /dev/null
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_client_limit = {_MANY}
default_process_limit = {_MANY}
service auth {{
  client_limit = {5 * _MANY}
}}
service anvil {{
  client_limit = {5 * _MANY}
}}
mail_max_userip_connections = 0
mail_location = sdbox:~/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={_USER} gid=nogroup home={self.mail}/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
{_login("imap", self.imap)}
{_login("pop3", self.pop3)}
service imap {{
  {sessions}
  process_limit = {_MANY}
}}
service pop3 {{
  {sessions}
  process_limit = {_MANY}
}}
service lmtp {{
  process_min_avail = {os.cpu_count()}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp}
  }}
}}
"""


def _login(protocol: str, port: int) -> str:
    """The "high-performance mode" of Dovecot's documentation: one process a core, each with many connections."""
    return f"""service {protocol}-login {{
  inet_listener {protocol} {{
    port = {port}
  }}
  inet_listener {protocol}s {{
    port = 0
  }}
  service_count = 0
  process_min_avail = {os.cpu_count()}
  process_limit = {os.cpu_count()}
}}"""


def _await(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.02)


@contextmanager
def many_watches() -> Iterator[None]:
    """Lets Dovecot watch a thousand mailboxes: it hears of new mail by inotify, of which a user has 128 by default.

    Without that it would look every 30 s, and the comparison would be unfair.
    """
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    before = limit.read_text()
    if int(before) < _MANY:
        limit.write_text(str(_MANY))
    try:
        yield
    finally:
        limit.write_text(before)
