"""What was acknowledged to clients under load, to compare with what is there afterwards."""

from __future__ import annotations

import contextlib
import itertools
import re
import smtplib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.live.dialogue import Dialogue
from tests.live.serving import Service
from tests.mails import mail

_CLIENT_TIMEOUT_S = 60.0


class Ledger:
    """Deliveries to one mailbox from several clients: the numbers of mails answered with 250, and all other answers."""

    def __init__(self, service: Service, address: str) -> None:
        self.service = service
        self.address = address
        self.acknowledged: set[int] = set()
        self.refusals: list[str] = []
        self.broken: list[str] = []
        self._numbers = itertools.count()
        self._stop = threading.Event()

    def deliver(self) -> bool:
        """One mail over a connection of its own; whether it was acknowledged."""
        with contextlib.closing(self._connect()) as client:
            return self._deliver_over(client)

    @contextlib.contextmanager
    def under_load(self, clients: int, *, mails_each: int = 1_000, pause_s: float = 0.0) -> Iterator[None]:
        """So many clients deliver meanwhile, ``mails_each`` over a connection; what breaks off or is refused is no end of it."""
        with ThreadPoolExecutor(clients) as threads:
            running = [threads.submit(self._deliver_until_stopped, mails_each, pause_s) for _ in range(clients)]
            try:
                yield
            finally:
                self._stop.set()
        for each in running:
            each.result()

    def stop(self) -> None:
        """The clients end after the mail that they are at."""
        self._stop.set()

    def _deliver_until_stopped(self, mails_each: int, pause_s: float) -> None:
        while not self._stop.wait(pause_s):
            try:
                with contextlib.closing(self._connect()) as client:
                    for _ in range(mails_each):
                        if not self._deliver_over(client) or self._stop.is_set():
                            break
            except (OSError, smtplib.SMTPServerDisconnected) as error:
                self.broken.append(repr(error))
                self._stop.wait(0.05)

    def _connect(self) -> smtplib.LMTP:
        return smtplib.LMTP("127.0.0.1", self.service.ports["lmtp.listen"], timeout=_CLIENT_TIMEOUT_S)

    def _deliver_over(self, client: smtplib.LMTP) -> bool:
        number = next(self._numbers)
        try:
            client.sendmail("bob@example.net", [self.address], mail(number), ["BODY=8BITMIME"])
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, text)] = refused.recipients.values()
            self.refusals.append(f"{code} {_text(text)}")
        except smtplib.SMTPResponseException as refused:
            self.refusals.append(f"{refused.smtp_code} {_text(refused.smtp_error)}")
        else:
            self.acknowledged.add(number)
            return True
        return False

    def assert_nothing_lost(self) -> None:
        """Every acknowledged mail is there as it was sent. One whose answer did not come may be there too, once."""
        stored = stored_mails(self.service, self.address)
        assert self.acknowledged - set(stored) == set()
        for number, octets in stored.items():
            assert octets.endswith(mail(number)), number


def _text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer


def logged_in(service: Service, address: str, password: str = "secret") -> Dialogue:
    """An IMAP session with INBOX selected."""
    session = Dialogue(service.ports["imap.listen"], _CLIENT_TIMEOUT_S)
    assert session.line().startswith(b"* OK")
    session.command(f"LOGIN {address} {password}")
    session.command("SELECT INBOX")
    return session


def stored_mails(service: Service, address: str) -> dict[int, bytes]:
    """The octets of every mail in INBOX by its number; none may be there twice."""
    with logged_in(service, address) as session:
        lines = session.command("FETCH 1:* (BODY.PEEK[])")
    stored: dict[int, bytes] = {}
    for line in lines:
        if found := re.search(rb"^X-Test-Id: (\d+)\r$", line, re.MULTILINE):
            assert int(found[1]) not in stored, f"mail {int(found[1])} is there twice"
            stored[int(found[1])] = line.partition(b"\r\n")[2].removesuffix(b")")
    return stored
