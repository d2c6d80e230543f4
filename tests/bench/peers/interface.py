"""What a benchmark needs of a mail server: its ports, its mailboxes and its process tree."""

from __future__ import annotations

from typing import NamedTuple, Protocol

PASSWORD = "secret"


class IndexSize(NamedTuple):
    """How much text is in an index, decoded and folded, and how much room the index takes, each in octets."""

    text_octets: int
    index_octets: int


class Peer(Protocol):
    """A server that is up. Mailboxes are numbered from 0; each number always names the same one."""

    name: str
    imap: int
    pop3: int
    lmtp: int

    @property
    def pid(self) -> int:
        """The root of its process tree."""

    def address(self, number: int) -> str:
        """The login and recipient of a mailbox, which is made if it is not there."""

    async def indexed(self) -> IndexSize:
        """Wait until all mail that is there is in the index, if the server makes one by itself."""

    def stop(self) -> None: ...
