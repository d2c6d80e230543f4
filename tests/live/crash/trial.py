"""Starts the service on states of the disk that a power cut may leave, and judges what it finds there."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from skrytka.plugin_host import manager
from skrytka.serve.composition import open_core
from skrytka.serve.supervisor import prepare
from skrytka.settings import Settings, Store
from tests.live.crash.disk.power_cut import Disk, Fate
from tests.live.crash.history import History
from tests.live.crash.judging import complaints
from tests.live.crash.looking import WireLook, look_inside
from tests.live.crash.recorded_run import SETTINGS, Run
from tests.live.crash.seen import Seen
from tests.live.serving import Service

_PLUGINS = ("imap", "pop3", "lmtp", "rest")


class Trial:
    """``store`` is that of the run."""

    def __init__(self, run: Run, folder: Path, seed: str, store: Store) -> None:
        self._run = run
        self._folder = folder
        self._seed = seed
        self._store = store

    async def complaints(self, at: int, fate: Fate) -> list[str]:
        """What is wrong after a cut at that place; starts as the supervisor does, in this process."""
        data_dir = self._cut(at, fate)
        plugins = manager.load(_PLUGINS)
        settings = Settings(data_dir=str(data_dir), store=self._store)
        try:
            notices = await prepare(settings, plugins)
            async with open_core(settings, plugins.extensions, migrating=False) as core:
                wrong = self._judge(at, await look_inside(core))
        except Exception as error:
            return [f"the service does not start, or a mail cannot be read: {error!r}"]
        if not any("The first key is in" in notice for notice in notices):
            wrong.append("the first key is gone, and nobody can enter")
        shutil.rmtree(data_dir.parent)
        return wrong

    async def complaints_of_clients(self, at: int, fate: Fate) -> list[str]:
        """The same, with a whole service and clients that read."""
        service = Service(self._cut(at, fate), SETTINGS).start()
        try:
            settings = Settings(data_dir=str(service.data_dir), store=self._store)
            return self._judge(at, await WireLook(settings).look(service))
        finally:
            service.stop()

    def _judge(self, at: int, seen: Seen) -> list[str]:
        """Each state of the disk has a history of its own: what was told before the power went."""
        ledger = self._run.ledger
        return complaints(ledger.expected(at), seen) + History(self._run.uid_validities).complaints(ledger, seen, at)

    def _cut(self, at: int, fate: Fate) -> Path:
        """The data directory as it then is."""
        folder = self._folder / f"cut-{at}"
        shutil.rmtree(folder, ignore_errors=True)
        Disk(self._run.history, at, fate, random.Random(f"{self._seed}/{at}/{fate.name}")).put_into(folder)
        return folder / "var"
