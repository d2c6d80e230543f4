"""Whether a session that logged in may go on: the provider may have suspended or deleted its mailbox since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from skrytka.bus.interface import Watch
from skrytka.core import Core
from skrytka.model import MailboxRef
from skrytka.services import authentication, watching

CONFIRMED_S = 5.0
"""How long a confirmation holds without a hint. Hints may get lost: this is how long a lost one keeps a shut mailbox open.

One read of the directory in so long costs a busy session nothing, while one a command doubled the round trips of a NOOP.
"""


class Admission:
    """One session's leave to go on. It watches the mailbox, so a change of any kind makes the next ``confirm`` look again."""

    def __init__(
        self,
        core: Core,
        mailbox: MailboxRef,
        on_change: Callable[[], None] | None,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._core = core
        self._mailbox = mailbox
        self._on_change = on_change
        self._look = look
        self._confirmed_at: float | None = None
        self._watch: Watch | None = None

    async def open(self) -> None:
        self._watch = await watching.watch(self._core, self._mailbox, self._changed)

    async def confirm(self) -> None:
        """What the look raises, ``Suspended`` or ``NotFound`` as ``authentication.confirm`` has them; usually nothing is read.

        Before the read it counts as confirmed, so that a hint which comes during it is not forgotten.
        """
        now = self._core.now()
        if self._confirmed_at is not None and 0 <= now - self._confirmed_at < CONFIRMED_S:
            return
        self._confirmed_at = now
        try:
            await self._look()
        except BaseException:
            self._confirmed_at = None
            raise

    async def close(self) -> None:
        """The session is over. May be called twice."""
        if self._watch is not None:
            await self._watch.close()

    def _changed(self) -> None:
        self._confirmed_at = None
        if self._on_change is not None:
            self._on_change()


async def admit(
    core: Core,
    mailbox: MailboxRef,
    on_change: Callable[[], None] | None = None,
    look: Callable[[], Awaitable[None]] | None = None,
) -> Admission:
    """For a session that has just logged in; or for one that opens a folder of another mailbox, where ``look`` asks for more than
    whether that is there. ``on_change`` is called after every change that may have happened.

    What was changed between the login and this is found by the first ``confirm``, which always looks.
    """
    admission = Admission(core, mailbox, on_change, look or partial(authentication.confirm, core, mailbox))
    await admission.open()
    return admission
