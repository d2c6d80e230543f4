"""Views of folders that were used last, shared by all sessions of the process, and the loads of views that run now."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from skrytka.model import FolderHead, FolderId, FolderView, MailboxId

MESSAGES_KEPT = 2_000_000
"""Views are dropped, the longest unused first, beyond this many messages in all: about 13 octets each, plus keywords."""

Key = tuple[str, MailboxId, FolderId, MailboxId]
"""Shard, mailbox and folder, and the reader whose view it is: ``OWNER`` where it is that of all who see what the owner sees."""


def is_current(view: FolderView, head: FolderHead) -> bool:
    """Whether the view is what the folder was when its head was read."""
    return (
        view.highest_modseq == head.highest_modseq
        and view.uid_next == head.uid_next
        and view.uid_validity == head.uid_validity
    )


class ViewCache:
    """Views by folder, the least recently used first, and the loads that run now."""

    def __init__(self, messages_kept: int = MESSAGES_KEPT) -> None:
        self._views: OrderedDict[Key, FolderView] = OrderedDict()
        self._loads: dict[Key, asyncio.Task[FolderView]] = {}
        self._messages = 0
        self._messages_kept = messages_kept

    def get(self, key: Key) -> FolderView | None:
        view = self._views.get(key)
        if view is not None:
            self._views.move_to_end(key)
        return view

    def put(self, key: Key, view: FolderView) -> None:
        self.drop(key)
        self._views[key] = view
        self._messages += len(view.uids)
        while self._messages > self._messages_kept and len(self._views) > 1:
            self.drop(next(iter(self._views)))

    def drop(self, key: Key) -> None:
        view = self._views.pop(key, None)
        if view is not None:
            self._messages -= len(view.uids)

    async def load(self, key: Key, make: Callable[[], Coroutine[Any, Any, FolderView]]) -> FolderView:
        """Sessions that want the same folder share one load; one that is cancelled does not cancel it for the others.

        A load that has ended but was not yet forgotten is nobody's answer: awaiting it does not suspend, so that a
        session that saw a newer store would ask for it again and again, and the loop would never get to forget it.
        """
        task = self._loads.get(key)
        if task is None or task.done():
            task = asyncio.get_running_loop().create_task(self._loaded(key, make()))
            self._loads[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def _loaded(self, key: Key, load: Coroutine[Any, Any, FolderView]) -> FolderView:
        view = await load
        self.put(key, view)
        return view

    def _finished(self, key: Key, task: asyncio.Task[FolderView]) -> None:
        if self._loads.get(key) is task:
            del self._loads[key]
        if not task.cancelled():
            task.exception()  # taken note of: every session that waited may have been cancelled
