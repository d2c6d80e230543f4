"""``skrytka serve``: owns the listening sockets and keeps the workers running.

Before the first worker starts, the ports are listened on, the schemas brought to this release, and the first key of the REST
API and a certificate made. A worker that has ended starts again, one that hangs is killed first. SIGTERM and SIGINT drain (twice:
end at once), SIGHUP reloads certificates, SIGUSR2 replaces the workers one by one: each goes when its successor serves on the
same sockets, so that no client waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import uvloop

from skrytka.plugin_host.manager import Plugins
from skrytka.serve import tls
from skrytka.serve.composition import open_core
from skrytka.serve.listening import Listening, listen_on_all
from skrytka.serve.metrics_folder import forget_worker, metrics_folder
from skrytka.serve.settings_rules import HEALTH
from skrytka.serve.worker_process import WorkerProcess
from skrytka.services import bootstrap
from skrytka.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

_FIRST_BACKOFF_S = 0.1
_LONGEST_BACKOFF_S = 10.0
_STEADY_S = 60.0
_DRAIN_MARGIN_S = 5.0


def serve(settings: Settings, plugins: Plugins) -> int:
    """Serve until a signal; the exit status."""
    _allow_many_files()
    for number in (signal.SIGHUP, signal.SIGUSR2):  # until there is something to reload or to replace
        signal.signal(number, signal.SIG_IGN)
    workers = settings.serve.workers or len(os.sched_getaffinity(0))
    listening = listen_on_all(settings, workers)
    if all(each.key == HEALTH for each in listening):
        raise SettingsError("serve.plugins: nothing to serve, every listen setting of these plugins is empty")
    try:
        return uvloop.run(_serve(settings, plugins, listening, workers))
    finally:
        for each in listening:
            each.close()


async def _serve(settings: Settings, plugins: Plugins, listening: list[Listening], workers: int) -> int:
    notices = await prepare(settings, plugins)
    with metrics_folder(Path(settings.data_dir)) as metrics:
        return await Supervisor(settings, listening, workers, metrics).run(notices)


async def prepare(settings: Settings, plugins: Plugins) -> list[str]:
    """Everything that is done once and not by each worker; lines for the person who started the service.

    The first key is made where keys are asked for: no other process has use for the key to everything.
    """
    notices = []
    async with open_core(settings, plugins.extensions, migrating=True) as core:
        if "rest" in settings.serve.plugins:
            await bootstrap.bootstrap_key(core)
    key_file = Path(settings.data_dir) / bootstrap.FILE
    if not os.environ.get(bootstrap.ENVIRONMENT) and key_file.exists():
        notices.append(f"The first key is in {key_file}")
    certificate, key = tls.files(settings.tls, Path(settings.data_dir))
    if not settings.tls.certificate:
        made = tls.ensure_self_signed(certificate, key, settings.serve.hostname or socket.gethostname())
        verb = "was made" if made else "is used"
        notices.append(f"tls.certificate is not set: the self-signed {certificate} {verb}, clients will warn")
    tls.server_context(certificate, key, settings.tls.client_ca)
    return notices


class Supervisor:
    """The workers' parent."""

    def __init__(self, settings: Settings, listening: list[Listening], workers: int, metrics: Path) -> None:
        self._settings = settings
        self._listening = listening
        self._workers = workers
        self._metrics = metrics
        self._running: dict[int, WorkerProcess] = {}
        self._leaving: WorkerProcess | None = None
        self._replacing: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._reloads = 0
        self._failed = False

    async def run(self, notices: list[str]) -> int:
        """Start the workers, say where they serve, and keep them until a signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        first = [asyncio.create_task(self._start(number)) for number in range(1, self._workers + 1)]
        if not all(await asyncio.gather(*first)) and not self._stop.is_set():
            logger.error("a worker could not start, its log says why")
            self._failed = True
            self._end()
        elif not self._stop.is_set():
            self._announce(notices)
        keepers = [asyncio.create_task(self._keep(number)) for number in range(1, self._workers + 1)]
        loop.add_signal_handler(signal.SIGUSR2, self._replace_all)
        await self._stop.wait()
        if self._replacing is not None:
            keepers.append(self._replacing)
        patience_s = self._settings.serve.drain_timeout_s + _DRAIN_MARGIN_S
        _, late = await asyncio.wait(keepers, timeout=patience_s)
        if late:
            logger.error("%d workers did not end within %g s and are killed", len(late), patience_s)
            self._signal(signal.SIGKILL)
            await asyncio.wait(late)
        return int(self._failed)

    def _announce(self, notices: list[str]) -> None:
        for each in self._listening:
            print(f"{each.key} is ready on {each.address}", flush=True)
        for notice in notices:
            print(notice, flush=True)

    async def _start(self, number: int, *, after_hang: bool = False) -> bool:
        worker = WorkerProcess(
            number, self._workers, self._settings, self._listening, self._metrics, after_hang=after_hang
        )
        self._running[number] = worker
        reloads = self._reloads
        started = await worker.start()
        if self._reloads > reloads:  # it may have read the certificate that was there before
            worker.send(signal.SIGHUP)
        if self._stop.is_set():  # the signal came before it had a process, or before it could take it
            worker.send(signal.SIGTERM)
        return started

    async def _keep(self, number: int) -> None:
        """Wait for a worker's end, start it again unless all is to end, and so on."""
        loop = asyncio.get_running_loop()
        backoff_s = 0.0
        while True:
            started_at = loop.time()
            worker = self._running[number]
            status = await worker.wait()
            forget_worker(self._metrics, worker.pid)
            if worker is not self._running[number]:
                continue  # it was replaced; its successor is waited for, at the end too
            if self._stop.is_set():
                return
            backoff_s = 0.0 if loop.time() - started_at > _STEADY_S else backoff_s
            if status is not None:
                logger.error("worker %d (process %d) ended with status %d, it starts again", number, worker.pid, status)
            if backoff_s:
                await self._pause(backoff_s)
            backoff_s = min(max(_FIRST_BACKOFF_S, backoff_s * 2), _LONGEST_BACKOFF_S)
            if self._stop.is_set():
                return
            if worker is self._running[number]:
                await self._start(number, after_hang=worker.hung)

    def _replace_all(self) -> None:
        if self._replacing is None or self._replacing.done():
            self._replacing = asyncio.create_task(self._replace_one_by_one())

    async def _replace_one_by_one(self) -> None:
        for number in range(1, self._workers + 1):
            if self._stop.is_set() or not await self._replace(number):
                return
        logger.info("all workers were replaced")

    async def _replace(self, number: int) -> bool:
        """Start a successor; when it serves, let the old one go. One that cannot start leaves all as it is."""
        old = self._leaving = self._running[number]
        patience_s = 2 * self._settings.serve.drain_timeout_s + _DRAIN_MARGIN_S
        try:
            if not await self._start(number):
                await self._give_up(number, old)
                return False
            old.send(signal.SIGUSR2)
            await asyncio.wait_for(old.wait(), patience_s)
        except TimeoutError:
            logger.error("worker %d did not leave within %g s and is killed", number, patience_s)
            old.send(signal.SIGKILL)
            await old.wait()
        finally:
            self._leaving = None
        return True

    async def _give_up(self, number: int, old: WorkerProcess) -> None:
        logger.error("worker %d: its successor could not start, whose log says why; the old one stays", number)
        failed = self._running[number]
        if not old.ended:  # else nobody serves, and ``_keep`` tries on with the successor's successor
            self._running[number] = old
            await failed.wait()
            forget_worker(self._metrics, failed.pid)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _end(self) -> None:
        """Workers drain what is queued on their sockets, so ours are closed first: no connection comes after that."""
        if self._stop.is_set():
            self._signal(signal.SIGKILL)
            return
        self._stop.set()
        for each in self._listening:
            each.close()
        self._signal(signal.SIGTERM)

    def _reload(self) -> None:
        try:
            tls.server_context(
                *tls.files(self._settings.tls, Path(self._settings.data_dir)), self._settings.tls.client_ca
            )
        except SettingsError as error:
            logger.error("the certificate stays as it was: %s", error)
            return
        self._reloads += 1
        for worker in self._all():
            if worker.serving:
                worker.send(signal.SIGHUP)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._all():
            worker.send(number)

    def _all(self) -> Iterator[WorkerProcess]:
        yield from self._running.values()
        if self._leaving is not None:
            yield self._leaving


def _allow_many_files() -> None:
    """Connections are files, and the soft limit is often 1024; the workers inherit this one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
