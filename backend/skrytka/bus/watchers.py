"""Who in this process watches which mailbox. Every bus has one registry and calls it with what it hears.

A callback says only that something may have changed, and the session then reads the store. So a gap between two hints
(``Hint.previous`` beyond what was heard before) needs no handling of its own: the hint that reveals it already makes every
watcher read everything. What is lost without a successor is found by ``poll``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from skrytka.model import MailboxId

logger = logging.getLogger(__name__)

OnChange = Callable[[], None]
_POLL_STEPS = 100


class Watchers:
    """Callbacks by mailbox."""

    def __init__(self) -> None:
        self._watches: dict[MailboxId, set[Watch]] = {}

    def __contains__(self, mailbox_id: MailboxId) -> bool:
        return mailbox_id in self._watches

    def mailbox_ids(self) -> list[MailboxId]:
        return list(self._watches)

    def add(
        self,
        mailbox_id: MailboxId,
        on_change: OnChange,
        when_last: Callable[[MailboxId], None] | None = None,
    ) -> Watch:
        """Register a callback. ``when_last`` is called when the last watch of the mailbox closes."""
        watch = Watch(self, mailbox_id, on_change, when_last)
        self._watches.setdefault(mailbox_id, set()).add(watch)
        return watch

    def remove(self, watch: Watch) -> bool:
        """True when it was the last one of its mailbox."""
        watches = self._watches.get(watch.mailbox_id)
        if watches is None or watch not in watches:
            return False
        watches.remove(watch)
        if not watches:
            del self._watches[watch.mailbox_id]
        return not watches

    def call(self, mailbox_id: MailboxId) -> None:
        """Call everyone who watches this mailbox."""
        for watch in tuple(self._watches.get(mailbox_id, ())):
            watch.call()

    def call_all(self) -> None:
        for mailbox_id in self.mailbox_ids():
            self.call(mailbox_id)

    async def poll(self, interval_s: float) -> None:
        """Call every watcher once per interval, spread over it so that not all sessions read at once. Runs until cancelled."""
        while True:
            mailbox_ids = self.mailbox_ids()
            steps = max(1, min(len(mailbox_ids), _POLL_STEPS))
            for step in range(steps):
                await asyncio.sleep(interval_s / steps)
                for mailbox_id in mailbox_ids[step::steps]:
                    self.call(mailbox_id)


class Watch:
    """One registered callback."""

    def __init__(
        self,
        watchers: Watchers,
        mailbox_id: MailboxId,
        on_change: OnChange,
        when_last: Callable[[MailboxId], None] | None,
    ) -> None:
        self.mailbox_id = mailbox_id
        self._watchers = watchers
        self._on_change = on_change
        self._when_last = when_last
        self._closed = False

    def call(self) -> None:
        if self._closed:
            return
        try:
            self._on_change()
        except Exception:
            # A broken session must not keep the others from hearing of their mail.
            logger.exception("bug: a watcher of mailbox %d failed", self.mailbox_id)

    async def close(self) -> None:
        """The callback is not called afterwards. May be called twice."""
        self._closed = True
        if self._watchers.remove(self) and self._when_last is not None:
            self._when_last(self.mailbox_id)
