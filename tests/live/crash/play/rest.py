"""An admin panel: uploads, flags and deletes mail, makes mailboxes and takes them away again."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from tests.live.crash.ledger import EXISTS, THE_MAILBOX, Change, Copy, Key, State
from tests.live.crash.mails import octets_of
from tests.live.crash.play.stage import PASSWORD, SHARED, Player, Stage
from tests.live.crash.play.wire import Wire

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_FLAGS = ("seen", "answered", "flagged", "draft")
_MAILBOXES = 3


class Reply(NamedTuple):
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 300

    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    wire: Wire, api_key: str, method: str, path: str, body: bytes = b"", kind: str = "application/json"
) -> Reply:
    """One request on a connection that stays open."""
    head = f"{method} /v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {api_key}\r\n"
    wire.send(f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    status = int((await wire.line()).split()[1])
    length = 0
    while field := await wire.line():
        if match := _LENGTH.match(field):
            length = int(match[1])
    return Reply(status, await wire.octets(length))


class Panel(Player):
    listener = "rest.listen"

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage, name)
        self._mine: dict[Key, str] = {}
        self._made = [
            key.address for key in stage.ledger.settled() if key.token == THE_MAILBOX and key.address.startswith(name)
        ]

    async def session(self, wire: Wire) -> None:
        while not self.over:
            mine = [key for key in self._mine if self.ledger.copies(key)]
            act = self.dice.random()
            if act < 0.1 and len(self._made) < _MAILBOXES:
                await self._make_mailbox(wire)
            elif act < 0.1:
                await self._delete_mailbox(wire, self._made.pop(0))
            elif act < 0.5 or not mine:
                await self._upload(wire)
            elif act < 0.8:
                await self._flag(wire, self.dice.choice(mine))
            else:
                await self._delete(wire, self.dice.choice(mine))

    async def _upload(self, wire: Wire) -> None:
        address = self.dice.choice([*self.stage.addresses, *self._made])
        folder = self.dice.choice(SHARED) if address in self.stage.addresses else "INBOX"
        flags = self.dice.sample(_FLAGS, self.dice.randint(0, 2))
        key, copy = Key(address, self.token()), Copy(folder, None, frozenset(flags))
        change = self.ledger.begin(f"POST {key} in {folder}", {key: (copy,)})
        query = "".join(f"&flag={flag}" for flag in flags)
        path = f"/mailboxes/{address}/messages?folder={folder}{query}"
        reply = await self._call(wire, "POST", path, octets_of(key.token), "message/rfc822")
        if reply.ok:
            told = reply.json()
            self._mine[key] = told["id"]
            self.ledger.acknowledge(change, {key: (Copy(folder, told["uid"], copy.flags),)})
        else:
            self._refused(reply)

    async def _flag(self, wire: Wire, key: Key) -> None:
        copies = self.ledger.copies(key)
        assert copies
        [copy] = copies
        verb, flag = self.dice.choice(("add", "remove")), self.dice.choice(_FLAGS)
        flags = copy.flags | {flag} if verb == "add" else copy.flags - {flag}
        change = self.ledger.begin(f"{verb} {flag}", {key: (Copy(copy.folder, copy.uid, flags),)})
        path = f"/mailboxes/{key.address}/messages/{self._mine[key]}/flags"
        self._note(change, await self._call(wire, "PATCH", path, json.dumps({verb: [flag]}).encode()))

    async def _delete(self, wire: Wire, key: Key) -> None:
        change = self.ledger.begin(f"DELETE {key}", {key: ()})
        path = f"/mailboxes/{key.address}/messages/{self._mine.pop(key)}"
        self._note(change, await self._call(wire, "DELETE", path))

    async def _make_mailbox(self, wire: Wire) -> None:
        address = f"{self.name}-{self.stage.seed.replace('/', '-')}-{next(self._numbers)}@example.org".lower()
        change = self.ledger.begin(f"PUT {address}", {Key(address, THE_MAILBOX): EXISTS})
        reply = await self._call(wire, "PUT", f"/mailboxes/{address}", b'{"password": "%b"}' % PASSWORD.encode())
        self._note(change, reply)
        if reply.ok:
            self._made.append(address)

    async def _delete_mailbox(self, wire: Wire, address: str) -> None:
        """With the mail of earlier rounds; one that has a change open stays."""
        mine = [key for key in self._mine if key.address == address]
        if any(self.ledger.copies(key) is None for key in mine):
            return
        gone: State = {key: () for key in self.ledger.settled() if key.address == address}
        change = self.ledger.begin(f"DELETE {address}", gone)
        for key in mine:
            del self._mine[key]
        self._note(change, await self._call(wire, "DELETE", f"/mailboxes/{address}"))

    def _note(self, change: Change, reply: Reply) -> None:
        if reply.ok:
            self.ledger.acknowledge(change)
        else:
            self._refused(reply)

    async def _call(
        self, wire: Wire, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> Reply:
        return await call(wire, self.stage.api_key, method, path, body, kind)

    def _refused(self, reply: Reply) -> None:
        self.refused(f"{reply.status} {reply.body.decode(errors='replace')}")
