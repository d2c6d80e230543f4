"""The bus between the processes of one data directory: SOCK_SEQPACKET Unix sockets in ``<data_dir>/bus``.

Every process listens on a socket of its own and connects to the socket of every other one to send. The first packet of a
connection is the sender's name, each further one a msgpack array of hints; an empty array says that anything may have
changed. Who is greeted by a process it does not know connects back, so a process that opens knows, once all have greeted
it, that it will hear of every later commit. Hints go to all processes: filtering is a dictionary lookup at the receiver,
cheaper than keeping subscriptions right.

asyncio has no transports for these sockets, so they are served by ``add_reader`` and ``add_writer``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from skrytka.bus.outbox import Outbox
from skrytka.bus.watchers import OnChange, Watch, Watchers
from skrytka.metrics import BUS_HEALTHY
from skrytka.model import Hint, MailboxId

logger = logging.getLogger(__name__)

_SUFFIX = ".sock"
_BACKLOG = 128
_HINTS_PER_PACKET = 256
_PACKET_OCTETS = 1 << 16
_PACKETS_PER_TURN = 16
_GREETING_TIMEOUT_S = 2.0
_RETRY_S = 0.05
_NO_DESCRIPTORS_S = 1.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Hint]).decode


class LocalBus:
    """Down only by a bug: a peer that cannot be reached is a process that is gone, or is tried again."""

    def __init__(self, data_dir: Path, poll_interval_s: float) -> None:
        self._folder = data_dir / "bus"
        self._poll_interval_s = poll_interval_s
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._watchers = Watchers()
        self._peers: dict[str, _Peer] = {}
        self._incoming: dict[socket.socket, str] = {}
        self._greeted: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._failed = False

    @property
    def healthy(self) -> bool:
        return not self._failed

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._folder.mkdir(parents=True, exist_ok=True)
        # A path below /proc/self/fd stays within the 108 octets of a socket address however deep the data directory is.
        self._folder_fd = os.open(self._folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._listener = self._listen()
        self._loop.add_reader(self._listener, self._accept)
        self._connect_to_all()
        await self._await_greetings()
        self._tasks = [
            asyncio.create_task(self._watchers.poll(self._poll_interval_s)),
            asyncio.create_task(self._look_for_peers()),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        BUS_HEALTHY.set(1)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """These tasks end only by being cancelled; anything else is a bug that must show."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("bug: a task of the bus failed", exc_info=error)
            self._failed = True
            BUS_HEALTHY.set(0)

    async def close(self) -> None:
        """May be called twice."""
        if self._listener.fileno() < 0:
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._unlink(self._name)
        for connection in self._incoming:
            self._loop.remove_reader(connection)
            connection.close()
        self._incoming.clear()
        for peer in tuple(self._peers.values()):
            peer.flush()
            self._forget(peer)
        os.close(self._folder_fd)

    def publish(self, hint: Hint) -> None:
        self._watchers.call(hint.mailbox_id)
        for peer in self._peers.values():
            peer.send(hint)

    async def watch(self, mailbox_id: MailboxId, on_change: OnChange) -> Watch:
        return self._watchers.add(mailbox_id, on_change)

    def _listen(self) -> socket.socket:
        """Bound under a hidden name until it listens: whoever finds a socket that refuses takes it for a dead one."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        hidden = "." + self._name
        listener.bind(self._address(hidden))
        listener.listen(_BACKLOG)
        os.rename(hidden, self._name, src_dir_fd=self._folder_fd, dst_dir_fd=self._folder_fd)
        return listener

    def _address(self, name: str) -> str:
        return f"/proc/self/fd/{self._folder_fd}/{name}"

    def _unlink(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._folder_fd)

    def _connect_to_all(self) -> None:
        for name in os.listdir(self._folder):
            if name.endswith(_SUFFIX) and not name.startswith(".") and name != self._name:
                self._connect(name)

    def _connect(self, name: str) -> None:
        """Connect for sending and greet. A socket nobody listens on any more is removed; a full backlog is tried again."""
        if name in self._peers:
            return
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._out_of_descriptors(error)
            self._loop.call_later(_NO_DESCRIPTORS_S, self._connect_again, name)
            return
        try:
            connection.connect(self._address(name))
            connection.send(self._name.encode())
        except BlockingIOError:
            connection.close()
            self._loop.call_later(_RETRY_S, self._connect_again, name)
        except (ConnectionError, FileNotFoundError) as error:
            connection.close()
            if isinstance(error, ConnectionRefusedError):
                self._unlink(name)
        else:
            self._peers[name] = _Peer(name, connection, self._loop, self._forget)
            self._greeted.setdefault(name, asyncio.Event())

    def _connect_again(self, name: str) -> None:
        if self._listener.fileno() >= 0:
            self._connect(name)

    async def _await_greetings(self) -> None:
        """Wait until every peer sends to us. One that is stopped or hangs delays the start a moment, no more."""
        greetings = [self._greeted[name].wait() for name in self._peers]
        if not greetings:
            return
        try:
            async with asyncio.timeout(_GREETING_TIMEOUT_S):
                await asyncio.gather(*greetings)
        except TimeoutError:
            logger.warning("bus: not every process of %s answers", self._folder)

    async def _look_for_peers(self) -> None:
        """Greetings introduce every process to every other; this finds those that could not be reached at that moment."""
        while True:
            await asyncio.sleep(self._poll_interval_s)
            try:
                self._connect_to_all()
            except OSError as error:
                self._out_of_descriptors(error)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            # The loop would call again at once, and again.
            self._out_of_descriptors(error)
            self._loop.remove_reader(self._listener)
            self._loop.call_later(_NO_DESCRIPTORS_S, self._accept_again)
            return
        connection.setblocking(False)
        self._incoming[connection] = ""
        self._loop.add_reader(connection, self._receive, connection)

    def _accept_again(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    def _out_of_descriptors(self, error: OSError) -> None:
        logger.warning("bus: another process cannot be reached now: %s", error.strerror or error)

    def _receive(self, connection: socket.socket) -> None:
        """Take some packets; the loop calls again for the rest."""
        for _ in range(_PACKETS_PER_TURN):
            try:
                packet = connection.recv(_PACKET_OCTETS)
            except BlockingIOError:
                return
            except ConnectionError:
                packet = b""
            if not packet:
                self._hang_up(connection)
                return
            self._take(connection, packet)

    def _take(self, connection: socket.socket, packet: bytes) -> None:
        if not self._incoming[connection]:
            name = packet.decode("ascii", "replace")
            self._incoming[connection] = name
            self._connect(name)
            self._greeted.setdefault(name, asyncio.Event()).set()
            return
        try:
            hints = _decode(packet)
        except msgspec.DecodeError:
            logger.warning("bus: an unreadable packet from %s", self._incoming[connection])
            hints = []
        if not hints:
            self._watchers.call_all()
        for hint in hints:
            self._watchers.call(hint.mailbox_id)

    def _hang_up(self, connection: socket.socket) -> None:
        """The sending process is gone, and may have committed what it could no longer tell: everybody reads again."""
        self._loop.remove_reader(connection)
        name = self._incoming.pop(connection)
        connection.close()
        self._greeted.pop(name, None)
        if name in self._peers:
            self._forget(self._peers[name])
        self._watchers.call_all()

    def _forget(self, peer: _Peer) -> None:
        self._peers.pop(peer.name, None)
        peer.close()


class _Peer:
    """The sending side to one other process. Hints of one turn of the event loop share a packet."""

    def __init__(
        self,
        name: str,
        connection: socket.socket,
        loop: asyncio.AbstractEventLoop,
        when_gone: Callable[[_Peer], None],
    ) -> None:
        self.name = name
        self._connection = connection
        self._loop = loop
        self._when_gone = when_gone
        self._outbox = Outbox()
        self._scheduled = False

    def send(self, hint: Hint) -> None:
        self._outbox.put(hint)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send until the peer takes no more, then go on when it can. ``_scheduled`` stays set meanwhile."""
        if self._connection.fileno() < 0:
            return
        try:
            while self._outbox:
                hints = self._outbox.peek(_HINTS_PER_PACKET)
                self._connection.send(_encode(hints))
                self._outbox.drop(hints)
        except BlockingIOError:
            self._loop.add_writer(self._connection, self.flush)
            return
        except OSError:
            self._when_gone(self)
            return
        self._loop.remove_writer(self._connection)
        self._scheduled = False

    def close(self) -> None:
        if self._connection.fileno() >= 0:
            self._loop.remove_writer(self._connection)
            self._connection.close()
