"""The mailboxes of others that a session hears of (NOTIFY), besides its own and that of the folder which it has selected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec

from skrytka.plugin_api import Core, model, watching


class _Watched(msgspec.Struct, frozen=True):
    mailbox: model.MailboxRef
    watch: watching.Watch


class Watches:
    """``on_change`` is called after every change that may have happened to one of them."""

    __slots__ = ("_core", "_on_change", "_watched")

    def __init__(self, core: Core, on_change: Callable[[], None]) -> None:
        self._core = core
        self._on_change = on_change
        self._watched: dict[model.MailboxId, _Watched] = {}

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, mailbox_id: model.MailboxId) -> bool:
        return mailbox_id in self._watched

    def mailbox(self, mailbox_id: model.MailboxId) -> model.MailboxRef:
        """One that is watched."""
        return self._watched[mailbox_id].mailbox

    async def add(self, mailboxes: Sequence[model.MailboxRef]) -> None:
        """Watch these too. What is read of them after this returns is followed by a call for every change of it."""
        new = [mailbox for mailbox in mailboxes if mailbox.mailbox_id not in self._watched]
        opened = await watching.watch_all(self._core, new, self._on_change)
        for mailbox, watch in zip(new, opened, strict=True):
            self._watched[mailbox.mailbox_id] = _Watched(mailbox, watch)

    async def keep(self, mailbox_ids: Collection[model.MailboxId]) -> None:
        """Watch no others than these any more."""
        for mailbox_id in self._watched.keys() - mailbox_ids:
            await self._watched.pop(mailbox_id).watch.close()

    async def close(self) -> None:
        await self.keep(())
