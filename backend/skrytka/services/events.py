"""Telling the event listeners of plugins, behind the caller's back: nobody's answer waits for them.

Each listener has a bounded queue and is told in the order of the commits, so that one that hangs delays only itself. What
does not fit any more is dropped, counted and logged: events are a courtesy, the store is the truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from skrytka import metrics
from skrytka.core import Core
from skrytka.extensions import Event, EventListener

LISTENER_TIMEOUT_S = 5.0
QUEUE_EVENTS = 1_000
_LOG_EVERY = 1_000

_log = logging.getLogger(__name__)


class _Queue:
    """Events that one listener was not told yet, and the task that tells it while there are any."""

    def __init__(self, listener: EventListener) -> None:
        self._listener = listener
        self._events: asyncio.Queue[Event] = asyncio.Queue(QUEUE_EVENTS)
        self._dropped = 0
        self.task: asyncio.Task[None] | None = None

    def put(self, event: Event) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._drop()
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._tell_all())

    def _drop(self) -> None:
        metrics.EVENTS_DROPPED.inc()
        if self._dropped % _LOG_EVERY == 0:
            _log.warning("event listener %r is too slow: events are dropped", self._listener)
        self._dropped += 1

    async def _tell_all(self) -> None:
        while not self._events.empty():
            await self._tell(self._events.get_nowait())

    async def _tell(self, event: Event) -> None:
        try:
            async with asyncio.timeout(LISTENER_TIMEOUT_S):
                await self._listener.on_event(event)
        except TimeoutError:
            _log.warning("event listener %r took longer than %s s", self._listener, LISTENER_TIMEOUT_S)
        except Exception:
            _log.exception("event listener %r failed", self._listener)

    def left(self) -> int:
        return self._events.qsize()


class _Queues(dict[int, _Queue]):
    """By the identity of the listener."""


def tell(core: Core, make: Callable[[], Event]) -> None:
    """Queue an event for every listener; never waits, never fails. It is not made when nobody listens."""
    if not core.extensions.event_listeners:
        return
    event = make()
    for queue in _queues(core):
        queue.put(event)


async def drain(core: Core, timeout_s: float) -> None:
    """At the end of the process: wait until all is told, then give up and count what is left."""
    tasks = [queue.task for queue in _queues(core) if queue.task is not None]
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=timeout_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    left = sum(queue.left() for queue in _queues(core))
    if left:
        metrics.EVENTS_DROPPED.inc(left)
        _log.warning("%d events were not told to their listeners before the end", left)


def _queues(core: Core) -> list[_Queue]:
    listeners = core.extensions.event_listeners
    queues = core.state(_Queues)
    for listener in listeners:
        if id(listener) not in queues:  # they live as long as the process
            queues[id(listener)] = _Queue(listener)
    return [queues[id(listener)] for listener in listeners]
