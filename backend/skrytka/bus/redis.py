"""The bus over Redis pub/sub: one channel per mailbox, and one that says that any mailbox may have changed.

Two connections: one listens and is renewed with growing pauses, one sends from a bounded queue. Neither ever makes anybody
wait for a Redis that is down: watching then succeeds at once, and sessions live by ``bus.poll_interval_s``.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Coroutine, Iterator
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from skrytka.bus.outbox import MAX_MAILBOXES, Outbox
from skrytka.bus.watchers import OnChange, Watch, Watchers
from skrytka.metrics import BUS_HEALTHY
from skrytka.model import Hint, MailboxId

logger = logging.getLogger(__name__)

_CONFIRM_TIMEOUT_S = 2.0
_SILENCE_S = 10.0
_SOCKET_TIMEOUT_S = 5.0
_CANCEL_AGAIN_S = 0.05
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 5.0
_CHANNELS_PER_COMMAND = 500
_HINTS_PER_PIPELINE = 500

_OUTAGES = (RedisError, OSError, TimeoutError)


class _Message(msgspec.Struct, frozen=True, array_like=True):
    """``origin`` lets a process skip its own echo. No hint: any mailbox may have changed."""

    origin: str
    hint: Hint | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Message).decode


class RedisBus:
    """Raises ``ValueError`` for a URL that is none."""

    def __init__(self, url: str, poll_interval_s: float) -> None:
        # No hidden retries: this class reconnects itself, because it has to re-subscribe and make everybody read again.
        self._client = Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_SOCKET_TIMEOUT_S,
            socket_connect_timeout=_SOCKET_TIMEOUT_S,
        )
        # Pub/sub does not keep databases apart, so the names do: two installations may share a server.
        database = self._client.connection_pool.connection_kwargs.get("db") or 0
        self._prefix = f"skrytka:{database}:mailbox:".encode()
        self._everyone = f"skrytka:{database}:all".encode()
        self._poll_interval_s = poll_interval_s
        self._origin = secrets.token_hex(8)
        self._watchers = Watchers()
        self._outbox = Outbox()
        self._filled = asyncio.Event()
        self._listening = asyncio.Event()
        # What ``_steer`` has to look at, what it subscribed to, and who waits for a confirmation.
        self._changed: set[MailboxId] = set()
        self._steering = asyncio.Event()
        self._asked: set[bytes] = set()
        self._confirmed: set[bytes] = set()
        self._waiting: dict[bytes, asyncio.Event] = {}
        self._given_up: set[bytes] = set()
        self._down: dict[str, str] = {"listener": "not connected yet"}
        self._told: bool | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def healthy(self) -> bool:
        return not self._down

    async def open(self) -> None:
        """Start. A Redis that does not answer does not stop the start."""
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._send()),
            asyncio.create_task(self._watchers.poll(self._poll_interval_s)),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        await _within(self._listening.wait(), _CONFIRM_TIMEOUT_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """These tasks end only by being cancelled; anything else is a bug that must show."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("bug: a task of the bus failed", exc_info=error)
            self._set_state("task", str(error))

    async def close(self) -> None:
        self._closing = True
        await _cancel(self._tasks)
        if self.healthy and self._outbox:
            await _within(self._send_last(), _CONFIRM_TIMEOUT_S)
        await self._client.aclose()

    def publish(self, hint: Hint) -> None:
        self._watchers.call(hint.mailbox_id)
        self._outbox.put(hint)
        self._filled.set()

    async def watch(self, mailbox_id: MailboxId, on_change: OnChange) -> Watch:
        """Returns after Redis confirmed the subscription. If Redis is down it returns at once, and ``on_change`` is called
        when the subscription stands at last."""
        watch = self._watchers.add(mailbox_id, on_change, self._steer_soon)
        self._steer_soon(mailbox_id)
        channel = self._channel(mailbox_id)
        if self._listening.is_set() and channel not in self._confirmed:
            waiting = self._waiting.setdefault(channel, asyncio.Event())
            if not await _within(waiting.wait(), _CONFIRM_TIMEOUT_S):
                self._given_up.add(channel)
        return watch

    def _channel(self, mailbox_id: MailboxId) -> bytes:
        return self._prefix + str(mailbox_id).encode()

    def _steer_soon(self, mailbox_id: MailboxId) -> None:
        """The subscription of this mailbox may have to change."""
        self._changed.add(mailbox_id)
        self._steering.set()

    async def _listen(self) -> None:
        """Keep one listening connection up, for as long as the bus is open."""
        pause_s = _FIRST_PAUSE_S
        while not self._closing:
            pubsub = self._client.pubsub()
            try:
                await pubsub.subscribe(self._everyone)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._hear(pubsub))
                    group.create_task(self._steer(pubsub))
            except* _OUTAGES as trouble:
                self._set_state("listener", _reason(trouble))
            finally:
                if self._listening.is_set():
                    pause_s = _FIRST_PAUSE_S
                self._start_over()
                await _close_quietly(pubsub)
            await asyncio.sleep(_jittered(pause_s))
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _start_over(self) -> None:
        """Nothing is subscribed any more, and nobody waits for confirmations of a connection that is gone."""
        self._listening.clear()
        self._asked.clear()
        self._confirmed.clear()
        for waiting in self._waiting.values():
            waiting.set()
        self._waiting.clear()
        self._given_up.clear()
        self._changed = set(self._watchers.mailbox_ids())
        self._steering.set()

    async def _steer(self, pubsub: PubSub) -> None:
        """Subscribe to what is watched and leave what no longer is. The only place that sends these, so they keep their order.

        A channel is left only after its subscription was confirmed: there is never more than one confirmation to come.
        """
        while not self._closing:
            await self._steering.wait()
            self._steering.clear()
            changed, self._changed = self._changed, set()
            watched = {self._channel(mailbox_id) for mailbox_id in changed if mailbox_id in self._watchers}
            unwatched = {self._channel(mailbox_id) for mailbox_id in changed} - watched
            join = list(watched - self._asked - self._confirmed)
            leave = list(unwatched & self._confirmed)
            self._asked.update(join)
            self._confirmed.difference_update(leave)
            for some in _slices(join):
                await pubsub.subscribe(*some)
            for some in _slices(leave):
                await pubsub.unsubscribe(*some)

    async def _hear(self, pubsub: PubSub) -> None:
        """Take messages until the connection breaks, or is silent although it was asked for a sign of life."""
        asked = False
        while not self._closing:
            message = await pubsub.get_message(timeout=_SILENCE_S)
            if message is not None:
                asked = False
                self._take(message["type"], message["channel"], message["data"])
            elif asked:
                raise TimeoutError("Redis does not answer")
            else:
                asked = True
                await pubsub.ping()

    def _take(self, kind: str, channel: bytes, data: object) -> None:
        if kind == "subscribe":
            self._confirm(channel)
        elif kind == "message" and isinstance(data, bytes):
            try:
                message = _decode(data)
            except msgspec.DecodeError:
                logger.warning("bus: an unreadable message in %s", channel.decode("ascii", "replace"))
                return
            if message.origin == self._origin:
                return
            if message.hint is None:
                self._watchers.call_all()
            else:
                self._watchers.call(message.hint.mailbox_id)

    def _confirm(self, channel: bytes) -> None:
        """Release who waits for this subscription. Who no longer does, or did before a reconnect, has to read again."""
        if channel == self._everyone:
            self._set_state("listener", None)
            self._listening.set()
            return
        self._asked.discard(channel)
        self._confirmed.add(channel)
        mailbox_id = MailboxId(int(channel[len(self._prefix) :]))
        waiting = self._waiting.pop(channel, None)
        if waiting is not None:
            waiting.set()
        if waiting is None or channel in self._given_up:
            self._given_up.discard(channel)
            self._watchers.call(mailbox_id)
        if mailbox_id not in self._watchers:
            self._steer_soon(mailbox_id)

    async def _send(self) -> None:
        """Publish what the outbox holds, in pipelines; what could not be sent stays and is coalesced further."""
        pause_s = _FIRST_PAUSE_S
        while not self._closing:
            await self._filled.wait()
            hints = self._outbox.peek(_HINTS_PER_PIPELINE)
            try:
                await self._publish(hints)
            except _OUTAGES as error:
                self._set_state("sender", str(error) or type(error).__name__)
                await asyncio.sleep(_jittered(pause_s))
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            self._set_state("sender", None)
            pause_s = _FIRST_PAUSE_S
            self._outbox.drop(hints)
            if not self._outbox:
                self._filled.clear()

    async def _send_last(self) -> None:
        """What was committed just before the end is worth one attempt."""
        try:
            await self._publish(self._outbox.peek(MAX_MAILBOXES))
        except _OUTAGES as error:
            logger.info("bus: the last hints were not sent: %s", error)

    async def _publish(self, hints: list[Hint]) -> None:
        async with self._client.pipeline(transaction=False) as pipeline:
            if not hints:
                pipeline.publish(self._everyone, _encode(_Message(self._origin, None)))
            for hint in hints:
                pipeline.publish(self._channel(hint.mailbox_id), _encode(_Message(self._origin, hint)))
            await pipeline.execute()

    def _set_state(self, part: str, trouble: str | None) -> None:
        """Remember what is wrong with a part, and say so once per change of the whole."""
        if trouble is None:
            self._down.pop(part, None)
        else:
            self._down[part] = trouble
        if self._told == self.healthy:
            return
        self._told = self.healthy
        BUS_HEALTHY.set(self.healthy)
        if self.healthy:
            logger.info("bus: connected to Redis")
        else:
            logger.warning("bus: Redis is down (%s); sessions poll every %g s", trouble, self._poll_interval_s)


async def _within(waiting: Coroutine[Any, Any, object], timeout_s: float) -> bool:
    """Wait for something, but no longer than this; whether it came."""
    try:
        async with asyncio.timeout(timeout_s):
            await waiting
    except TimeoutError:
        return False
    return True


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until the tasks end: redis-py loses a cancellation that meets an arriving answer."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)


async def _close_quietly(pubsub: PubSub) -> None:
    try:
        await pubsub.aclose()  # type: ignore[no-untyped-call]
    except _OUTAGES:
        logger.debug("bus: closing a broken connection failed")


def _reason(trouble: BaseExceptionGroup[Any]) -> str:
    first = trouble.exceptions[0]
    return str(first) or type(first).__name__


def _jittered(pause_s: float) -> float:
    """Not all processes come back at the same moment."""
    return pause_s * random.uniform(0.5, 1.0)  # noqa: S311


def _slices(channels: list[bytes]) -> Iterator[list[bytes]]:
    return (channels[start : start + _CHANNELS_PER_COMMAND] for start in range(0, len(channels), _CHANNELS_PER_COMMAND))
