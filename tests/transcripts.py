"""Replays ``C:``/``S:`` dialogues against a server over a real socket and compares every octet it sends.

A transcript is a text file, one step a line:

``# text``             a comment; blank lines are skipped
``C: text``            the client sends the text and CRLF (``C2:`` is a second client; plain ``C:`` is client 1)
``C~ text``            the client sends the text after Python escapes (``\\x00``, ``\\r``), without a line end
``S: text``            the server must send exactly this text and CRLF (``S2:`` to client 2)
``S! closed``          the server must close the connection with nothing sent before that
``C! tls``             the client connects to the port that speaks TLS from the beginning (its first step)
``C! starttls``        the client starts TLS; after either, the name of the certificate that it shows, if it shows one
``C! deflate``         what the client sends from now on is compressed (RFC 4978)
``C! plain``           and no longer
``C! inflate``         what it is sent from now on is
``C! close``           the client goes away
``! name words``       an action of the test suite: deliver a mail, expire a folder (see the suite's conftest)
``include file [2]``   the steps of another file of the same folder, for client 1 or the one named

A client connects at its first step. When all steps are done, each client half-closes, and what the server still sends
is a failure: so a transcript covers all that was sent. Text is UTF-8. Where octets differ from run to run, ``S:`` lines
hold

``{{number}}``         digits
``{{date}}``           an IMAP date-time without its quotes: ``17-Jul-1996 02:44:25 -0700``
``{{token}}``          a run without blanks, brackets, parentheses and quotes
``{{any}}``            the rest of anything within the line
``{{number:name}}``    any of these, remembered; a later ``{{name}}``, in ``C:`` and ``S:`` lines, is the same text
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

Action = Callable[[Sequence[str]], Awaitable[None]]
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

_WILDCARDS = {
    "number": r"[0-9]+",
    "date": r"[ 0-9][0-9]-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [-+][0-9]{4}",
    "token": r"[^ \[\]()\"<>]+",
    "any": r".*",
}
_HOLE = re.compile(r"\{\{([a-z]+)(?::([a-z0-9_]+))?\}\}")
_STEP = re.compile(r"(?P<side>[CS])(?P<client>[0-9]?)(?P<kind>[:~!])(?: (?P<text>.*))?")
_LINE_TIMEOUT_S = 15.0


class Step(msgspec.Struct, frozen=True):
    """One line. ``side`` is ``C``, ``S`` or ``!`` (an action), ``where`` names file and line for the failure's text."""

    side: str
    client: int
    kind: str
    text: str
    where: str


class TranscriptError(AssertionError):
    """A transcript that does not hold, or cannot be read."""


def load(path: Path, client: int = 1) -> list[Step]:
    """Read a transcript with its includes; ``client`` is what a step without a number means."""
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("include "):
            name, *named = line.split()[1:]
            steps += load(path.parent / name, int(named[0]) if named else client)
        elif line.startswith("! "):
            steps.append(Step("!", 0, "!", line[2:], where))
        elif match := _STEP.fullmatch(line):
            named_client = int(match["client"]) if match["client"] else client
            steps.append(Step(match["side"], named_client, match["kind"], match["text"] or "", where))
        else:
            raise TranscriptError(f"{where}: not a step: {line!r}")
    return steps


async def replay(
    steps: Sequence[Step],
    connect: Connect,
    *,
    octet_by_octet: bool = False,
    actions: Mapping[str, Action] | None = None,
    client_tls: ssl.SSLContext | None = None,
    names: Mapping[str, str] | None = None,
    connect_tls: Connect | None = None,
    certificates: Mapping[str, ssl.SSLContext] | None = None,
) -> None:
    """Run the steps in order; ``TranscriptError`` tells the first that fails. ``names`` are known beforehand; ``certificates``
    are contexts of clients that show one, by its name."""
    tls = {"": client_tls or ssl.create_default_context(), **(certificates or {})}
    await _Replay(connect, connect_tls, octet_by_octet, actions or {}, tls, dict(names or {})).run(steps)


class _Inflated:
    """A reader of what a server compresses: as much of ``asyncio.StreamReader`` as a replay needs."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._inflater = zlib.decompressobj(-15)
        self._buffer = b""

    async def readuntil(self, end: bytes) -> bytes:
        while end not in self._buffer:
            if not (octets := await self._reader.read(65_536)):
                raise asyncio.IncompleteReadError(self._buffer, None)
            self._buffer += self._inflater.decompress(octets)
        line, _, self._buffer = self._buffer.partition(end)
        return line + end

    async def read(self) -> bytes:
        rest, self._buffer = self._buffer + self._inflater.decompress(await self._reader.read()), b""
        return rest


class _Client:
    """One connection of the replay."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, octet_by_octet: bool) -> None:
        self.reader: asyncio.StreamReader | _Inflated = reader
        self.writer = writer
        self.octet_by_octet = octet_by_octet
        self.closed = False
        self._deflater: zlib._Compress | None = None

    async def send(self, octets: bytes) -> None:
        """Send whole or one octet at a time, letting the server's loop run after each."""
        if self._deflater is not None:
            octets = self._deflater.compress(octets) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        pieces = [octets[at : at + 1] for at in range(len(octets))] if self.octet_by_octet else [octets]
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if self.octet_by_octet:
                await asyncio.sleep(0)

    def change(self, change: str) -> None:
        """``deflate`` or ``plain``: how to send from now on; ``inflate``: how to read."""
        if change == "inflate":
            assert isinstance(self.reader, asyncio.StreamReader)
            self.reader = _Inflated(self.reader)
        else:
            self._deflater = zlib.compressobj(wbits=-15) if change == "deflate" else None

    async def line(self) -> bytes:
        """The next line with its CRLF; fewer octets when the server closes within it."""
        try:
            return await asyncio.wait_for(self.reader.readuntil(b"\r\n"), _LINE_TIMEOUT_S)
        except asyncio.IncompleteReadError as end:
            return end.partial
        except ConnectionError:
            return b""

    async def rest(self) -> bytes:
        """All that the server still sends until it closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), _LINE_TIMEOUT_S)
        except ConnectionError:
            return b""

    async def close(self) -> None:
        self.closed = True
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), _LINE_TIMEOUT_S)
        except (ConnectionError, ssl.SSLError):
            return


class _Replay:
    """The clients of one replay and the texts remembered so far."""

    def __init__(
        self,
        connect: Connect,
        connect_tls: Connect | None,
        octet_by_octet: bool,
        actions: Mapping[str, Action],
        tls: Mapping[str, ssl.SSLContext],
        names: dict[str, str],
    ) -> None:
        self._connect = connect
        self._connect_tls = connect_tls
        self._octet_by_octet = octet_by_octet
        self._actions = actions
        self._tls = tls
        self._names = names
        self._clients: dict[int, _Client] = {}

    async def run(self, steps: Sequence[Step]) -> None:
        try:
            for step in steps:
                await self._step(step)
            for number, client in self._clients.items():
                await self._expect_silence(number, client)
        finally:
            for client in self._clients.values():
                if not client.closed:
                    await client.close()

    async def _step(self, step: Step) -> None:
        if step.side == "!":
            name, *words = self._fill(step.text).split()
            if name not in self._actions:
                raise TranscriptError(f"{step.where}: the suite has no action {name!r}")
            await self._actions[name](words)
            return
        words = step.text.split()
        begins_tls = step.side + step.kind == "C!" and words[:1] == ["tls"]
        client = await self._client(step.client, self._connect_tls if begins_tls else self._connect)
        match step.side + step.kind, step.text:
            case "C:", text:
                await client.send(self._fill(text).encode() + b"\r\n")
            case "C~", text:
                escaped = self._fill(text).encode().decode("latin-1")
                await client.send(escaped.encode("latin-1").decode("unicode_escape").encode("latin-1"))
            case "S:", _:
                await self._expect_line(step, client)
            case "S!", "closed":
                await self._expect_close(step, client)
            case "C!", ("deflate" | "plain" | "inflate") as change:
                client.change(change)
            case "C!", "close":
                await client.close()
            case "C!", _ if words[:1] in (["tls"], ["starttls"]) and " ".join(words[1:]) in self._tls:
                await client.writer.start_tls(self._tls[" ".join(words[1:])])
            case _:
                raise TranscriptError(f"{step.where}: not a step")

    async def _client(self, number: int, connect: Connect | None) -> _Client:
        if number not in self._clients:
            assert connect is not None, "the suite has no port for that"
            reader, writer = await connect()
            self._clients[number] = _Client(reader, writer, self._octet_by_octet)
        return self._clients[number]

    async def _expect_line(self, step: Step, client: _Client) -> None:
        try:
            got = await client.line()
        except TimeoutError:
            raise TranscriptError(f"{step.where}: the server sends nothing; expected {step.text!r}") from None
        match = re.fullmatch(self._pattern(step.text), got, re.DOTALL)
        if match is None:
            more = b"" if got.endswith(b"\r\n") else b" and then closes"
            raise TranscriptError(f"{step.where}:\nexpected {step.text!r}\nthe server sends {got!r}{more.decode()}")
        self._names.update({name: text.decode() for name, text in match.groupdict().items()})

    async def _expect_close(self, step: Step, client: _Client) -> None:
        try:
            got = await client.rest()
        except TimeoutError:
            raise TranscriptError(f"{step.where}: the server does not close") from None
        if got:
            raise TranscriptError(f"{step.where}: expected the end, the server sends {got!r}")
        await client.close()

    async def _expect_silence(self, number: int, client: _Client) -> None:
        """Half-close (over TLS: nothing to half-close, so close) and require that nothing was left to read."""
        if client.closed or not client.writer.can_write_eof():
            return
        client.writer.write_eof()
        left = await client.rest()
        if left:
            raise TranscriptError(f"at the end, client {number} is sent {left!r}, which no step expects")

    def _fill(self, text: str) -> str:
        """Put remembered texts in their places."""
        return _HOLE.sub(lambda hole: self._names.get(hole[1], hole[0]), text)

    def _pattern(self, text: str) -> bytes:
        """The regular expression for an ``S:`` line."""
        pattern, at = "", 0
        for hole in _HOLE.finditer(text):
            pattern += re.escape(text[at : hole.start()]) + self._hole(hole)
            at = hole.end()
        return (pattern + re.escape(text[at:]) + "\r\n").encode()

    def _hole(self, hole: re.Match[str]) -> str:
        kind, name = hole[1], hole[2]
        if kind not in _WILDCARDS:
            if kind not in self._names:
                raise TranscriptError(f"{hole[0]}: nothing of that name was remembered")
            return re.escape(self._names[kind])
        return f"(?P<{name}>{_WILDCARDS[kind]})" if name else f"(?:{_WILDCARDS[kind]})"
