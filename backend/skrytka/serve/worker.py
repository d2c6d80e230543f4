"""One worker: every front end, the REST API and the jobs in one event loop. Started by the supervisor only.

It ends by SIGTERM, or when the supervisor dies; both drain. At SIGUSR2, its successor serves already, it lets its clients go
one by one when they are quiet.
"""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import gc
import logging
import signal
import socket
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import uvloop

from skrytka import metrics, sasl
from skrytka.connections import networks
from skrytka.connections.accepting import Acceptor, Terms
from skrytka.connections.connection import Patience
from skrytka.connections.limits import ConnectionLimits
from skrytka.core import Core
from skrytka.errors import DomainError
from skrytka.jobs import runner
from skrytka.plugin_host import manager
from skrytka.plugin_host.front_end import FrontEnd, FrontEndSettings
from skrytka.plugin_host.manager import PluginError, Plugins
from skrytka.serve import boot, logs, tls
from skrytka.serve.clock_watch import watch_clock
from skrytka.serve.composition import open_core
from skrytka.serve.settings_rules import HEALTH
from skrytka.services import events, pop3_locks
from skrytka.settings import Log, SettingsError
from skrytka.store.interface import Unsuitable

if TYPE_CHECKING:
    from skrytka.serve.rest_server import RestServer

logger = logging.getLogger("skrytka.serve.worker")  # __name__ is __main__ here

RENEW_S = 5.0
WATCH_S = 1.0
EVENTS_S = 5.0
_GC_THRESHOLDS = (20_000, 50, 100)
"""Requests make few cycles; the default of 700 has the collector run several times within one FETCH."""


class Worker:
    """The running parts and their end."""

    def __init__(self, booted: boot.Boot, channel: socket.socket) -> None:
        self._boot = booted
        self._channel = channel
        self._plugins: Plugins = manager.load(tuple(booted.settings["serve"]["plugins"]))
        self._settings = boot.settings_of(booted, self._plugins)
        self._certificate = tls.files(self._settings.tls, Path(self._settings.data_dir))
        self._context = tls.server_context(*self._certificate, self._settings.tls.client_ca)
        self._stop = asyncio.Event()
        self._leave = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Serve until told to stop, then drain."""
        sys.setswitchinterval(self._settings.serve.switch_interval_s)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR2, self._leave.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        reader, writer = await asyncio.open_connection(sock=self._channel)
        async with open_core(self._settings, self._plugins.extensions, migrating=False) as core:
            self._in_background(self._watch_supervisor(reader))
            self._in_background(_renew_locks(core))
            # A lease renewed by the old time looks expired, or of the future, until it is renewed by the new one.
            renew = functools.partial(pop3_locks.renew_worker, core, pop3_locks.worker_name())
            self._in_background(watch_clock(core.now, renew))
            self._in_background(_watch_stores(core))
            jobs = self._in_background(runner.run(core, pop3_locks.worker_name(), self._stop))
            sasl.prepare(core)
            acceptors = self._accept(core)
            http = await self._serve_http(core)
            gc.collect()
            gc.freeze()
            metrics.WORKERS.set(1)
            metrics.WORKERS_HUNG.inc(int(self._boot.after_hang))
            writer.write(boot.READY)
            beating = asyncio.create_task(_beat(writer, self._settings.serve.hang_timeout_s))
            await _first(self._stop.wait(), self._leave.wait())
            if not self._stop.is_set():
                logger.info("leaving, the successor serves")
                await _first(self._stop.wait(), self._let_go(acceptors, http))
            self._stop.set()
            logger.info("draining")
            drains = [acceptor.drain(self._settings.serve.drain_timeout_s) for acceptor in acceptors]
            await asyncio.gather(*drains, *(server.drain() for server in http))
            await asyncio.gather(jobs, return_exceptions=True)  # they end by themselves and give their lease back
            await self._end_background()
            await events.drain(core, EVENTS_S)
        beating.cancel()
        writer.close()

    async def _let_go(self, acceptors: list[Acceptor], http: list[RestServer]) -> None:
        serve = self._settings.serve
        leaves = [acceptor.leave(serve.leave_quiet_s, serve.drain_timeout_s) for acceptor in acceptors]
        await asyncio.gather(*leaves, *(server.leave(serve.drain_timeout_s) for server in http))

    def _accept(self, core: Core) -> list[Acceptor]:
        acceptors = []
        for name, front_end in self._plugins.front_ends.items():
            section = self._settings.front_ends[name]
            assert isinstance(section, FrontEndSettings)
            acceptors += [Acceptor(each, terms) for each, terms in self._terms(core, front_end, section)]
        for acceptor in acceptors:
            acceptor.start()
        return acceptors

    def _terms(self, core: Core, front_end: FrontEnd, section: FrontEndSettings) -> list[tuple[socket.socket, Terms]]:
        limits = ConnectionLimits(section.max_connections, section.max_connections_per_address)
        trusted = networks.parse_networks(section.trusted_networks)
        converse = functools.partial(front_end.converse, core, section)
        plaintext = self._settings.auth.allow_plaintext
        patience = Patience(section.write_stall_s, section.least_octets_per_s)
        return [
            (each, Terms(listener, converse, limits, trusted, self._context, plaintext, patience, front_end.busy))
            for listener in section.listeners(front_end.name)
            for each in self._sockets(listener.name)
        ]

    def _sockets(self, key: str) -> list[socket.socket]:
        return [socket.socket(fileno=fd) for name, fd in self._boot.listening if name == key]

    async def _serve_http(self, core: Core) -> list[RestServer]:
        rest, health = self._sockets("rest.listen"), self._sockets(HEALTH)
        if not rest and not health:
            return []
        from skrytka.rest.app import create_app, create_health_app  # noqa: PLC0415 - 30 MB that a worker without saves
        from skrytka.rest.outermost import Outermost  # noqa: PLC0415
        from skrytka.serve.rest_server import RestServer  # noqa: PLC0415

        servers = []
        if rest:
            app = Outermost(create_app(core, self._plugins.routes))
            servers.append(RestServer(app, self._settings, "rest.listen", rest))
        if health:
            servers.append(RestServer(create_health_app(core), self._settings, HEALTH, health))
        for server in servers:
            await server.start()
        return servers

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=getattr(work, "__name__", ""))
        task.add_done_callback(self._background_ended)
        self._tasks.append(task)
        return task

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("bug in background work, the worker starts again", exc_info=error)
            self._stop.set()

    async def _end_background(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch_supervisor(self, reader: asyncio.StreamReader) -> None:
        await reader.read()
        if not self._stop.is_set():
            logger.error("the supervisor has died")
            self._stop.set()

    def _reload(self) -> None:
        try:
            tls.load(self._context, *self._certificate)
        except SettingsError as error:
            logger.error("the certificate stays as it was: %s", error)
        else:
            logger.info("certificate loaded again")


async def _beat(writer: asyncio.StreamWriter, hang_timeout_s: float) -> None:
    """Tell the supervisor that this event loop runs."""
    while hang_timeout_s:
        await asyncio.sleep(hang_timeout_s / boot.BEATS)
        writer.write(boot.ALIVE)


async def _renew_locks(core: Core) -> None:
    """Keep the POP3 locks of this process's sessions; a store that is down makes them run out, as it should."""
    while True:
        await pop3_locks.renew_worker(core, pop3_locks.worker_name())
        await asyncio.sleep(RENEW_S)


async def _watch_stores(core: Core) -> None:
    """End with a fault, and the worker with it, when a store can be written no more."""
    while True:
        await asyncio.sleep(WATCH_S)
        for database in (core.directory, *core.shards.values()):
            if not database.alive:
                raise RuntimeError(f"nothing writes to {database.name} any more")


async def _first(*waiting: Coroutine[Any, Any, object]) -> None:
    """Until one of them is over; the others end with it. A fault ends it as well, and is logged."""
    tasks = [asyncio.ensure_future(each) for each in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            logger.error("bug while clients are let go, the worker drains at once", exc_info=outcome)


async def _run(booted: boot.Boot, channel: socket.socket) -> None:
    await Worker(booted, channel).run()


def main() -> int:
    """Read what to do from standard input and do it."""
    # The supervisor wants to know where a worker hangs, when Python itself may never get to a handler of its own.
    faulthandler.register(signal.SIGUSR1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the supervisor turns it into a drain
    channel = socket.socket(fileno=0)
    with channel.makefile("rb", buffering=0) as lines:
        booted = boot.decode(lines.readline())
    settings = booted.settings["log"]
    logs.configure(msgspec.convert(settings, Log), f"w{booted.number}")
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        uvloop.run(_run(booted, channel))
    except (SettingsError, PluginError, Unsuitable, DomainError) as error:
        logger.error("cannot start: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
