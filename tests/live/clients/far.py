"""The server's side of a mail program's work, seen through Python's imaplib."""

from __future__ import annotations

import imaplib
import socket
from typing import Self

from tests.live.clients import maildir
from tests.live.serving import Service
from tests.mails import mail

FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft")


class Far:
    """The server's side, through Python's imaplib."""

    def __init__(self, service: Service, address: str) -> None:
        self.imap = imaplib.IMAP4("127.0.0.1", service.ports["imap.listen"])
        # An APPEND is several small writes: each would wait for the acknowledgement of the one before, 40 ms.
        self.imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.imap.login(address, "secret")
        self.imap.select("INBOX")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.imap.logout()

    def append(self, number: int, flags: frozenset[str]) -> None:
        status, answer = self.imap.append("INBOX", f"({' '.join(sorted(flags))})", "", mail(number))
        assert status == "OK", answer

    def everything(self) -> dict[int, tuple[str, frozenset[str], bytes]]:
        """UID, flags and octets of every message by its number."""
        self.imap.noop()
        status, data = self.imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
        assert status == "OK"
        found = {}
        for item in data:
            if isinstance(item, tuple):
                head, octets = item[0].decode(), item[1]
                flags = frozenset(each.decode() for each in imaplib.ParseFlags(item[0])) & set(FLAGS)
                uid = head.split("UID ")[1].split(" ")[0].rstrip(")")
                found[maildir.number_of(octets)] = (uid, flags, octets)
        return found
