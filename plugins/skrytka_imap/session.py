"""The state of one session (RFC 3501 section 3) and what its handlers share."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable

import msgspec

from skrytka.plugin_api import Core, admission, model
from skrytka_imap.languages import I_DEFAULT
from skrytka_imap.notifications import Notifications
from skrytka_imap.replies import untagged
from skrytka_imap.selected import Selected
from skrytka_imap.settings import Settings
from skrytka_imap.watches import Watches
from skrytka_imap.wire import Wire


class State(enum.Flag):
    """RFC 3501 section 3; a Flag, so that the table can give a command several."""

    NOT_AUTHENTICATED = enum.auto()
    AUTHENTICATED = enum.auto()
    SELECTED = enum.auto()


ANY_STATE = State.NOT_AUTHENTICATED | State.AUTHENTICATED | State.SELECTED
LOGGED_IN = State.AUTHENTICATED | State.SELECTED


_CHANGE_SELECTED = frozenset(
    {"APPEND", "COPY", "EXPUNGE", "MOVE", "REPLACE", "UID COPY", "UID EXPUNGE", "UID MOVE", "UID REPLACE"}
)
"""Commands whose effect on the selected folder only EXISTS and EXPUNGE tell."""


class NotLoggedIn(Exception):
    """A handler wanted the login of a session that has none: the table allowed its command in a wrong state."""


class NothingSelected(Exception):
    """A handler wanted the selected folder of a session that has none: the table allowed its command in a wrong state."""


class MetadataTold:
    """Up to which modseq the client was told what others did to metadata, and the modseqs of what it did itself since.

    ``everything``: after ENABLE METADATA; otherwise it is told what it asks for by NOTIFY.
    """

    def __init__(self, modseq: model.ModSeq, *, everything: bool) -> None:
        self.modseq = modseq
        self.everything = everything
        self.own: set[model.ModSeq] = set()


class Session:
    """One client's session. All transitions between states are the four methods below."""

    def __init__(self, core: Core, settings: Settings, wire: Wire) -> None:
        self.core = core
        self.settings = settings
        self.wire = wire
        self.condstore = False
        self.qresync = False
        self.rev2 = False
        """Whether the client speaks IMAP4rev2 (RFC 9051), and not IMAP4rev1."""
        self.utf8 = False
        """UTF8=ACCEPT (RFC 6855)."""
        self.metadata: MetadataTold | None = None
        """None until ENABLE METADATA, or NOTIFY of metadata."""
        self.uid_only = False
        self.notify: Notifications | None = None
        """None until NOTIFY is used for the first time: then the client hears of its selected folder at the end of commands."""
        self.watches = Watches(core, self._changed)
        self.inverts_texts = False
        self.language = I_DEFAULT
        self.client_name = ""
        self.tag = b""
        """Of the running command, for answers that say what they belong to (RFC 4466 section 2.6.2)."""
        self.login_failures = 0
        self.idling = False
        self._login: model.Login | None = None
        self._admission: admission.Admission | None = None
        self._selected: Selected | None = None
        self.guard: admission.Admission | None = None
        """Of the selected folder, where it is another user's: whether the session may go on with it."""

    @property
    def state(self) -> State:
        if self._login is None:
            return State.NOT_AUTHENTICATED
        return State.AUTHENTICATED if self._selected is None else State.SELECTED

    async def authenticate(self, login: model.Login) -> None:
        """From not authenticated to authenticated. From now on the mailbox is watched, so IDLE need not begin with that."""
        self._admission = await admission.admit(self.core, login.mailbox, self._changed)
        self._login = login

    def _changed(self) -> None:
        if self.notify is not None:
            self.notify.pending = True
        if self.idling or (self.notify is not None and self.notify.wants_any):
            self.wire.wake()

    async def unauthenticate(self) -> None:
        """Back to not authenticated: all is forgotten but the logins that failed, which are the connection's."""
        await self.end()
        self._admission = self._login = None
        self.condstore = self.inverts_texts = self.qresync = self.rev2 = self.uid_only = self.utf8 = False
        self.metadata = None
        self.notify = None
        self.client_name = ""
        self.language = I_DEFAULT

    async def end(self) -> None:
        """However the conversation ended."""
        await self.unselect()
        await self.watches.close()
        if self._admission is not None:
            await self._admission.close()

    async def select(self, selected: Selected, look: Callable[[], Awaitable[None]] | None = None) -> None:
        """From authenticated to selected. ``look`` is for the folder of another: whether the session may go on with it."""
        await self.unselect()
        if look is not None:
            self.guard = await admission.admit(self.core, selected.mailbox, self._changed, look)
        self._selected = selected

    async def unselect(self) -> None:
        """From selected to authenticated; nothing happens when nothing is selected."""
        if self.notify is not None and self._selected is not None:
            self.notify.leave(self._selected)
        self._selected = None
        guard, self.guard = self.guard, None
        if guard is not None:
            await guard.close()

    def hears(self, command_name: str) -> bool:
        """Whether this command ends with what happened in the selected folder: a client that used NOTIFY may not want that,
        but for what the command itself did."""
        return self.notify is None or self.notify.selected is not None or command_name in _CHANGE_SELECTED

    def overflow(self, reason: str) -> None:
        """RFC 5465 section 5.8: notifications end, and the client is told so."""
        self.notify = Notifications()
        self.notify.pending = True  # mailboxes of others are watched that need not be
        self.wire.write(b"* OK [NOTIFICATIONOVERFLOW] %b\r\n" % reason.encode())

    def say(self, status: bytes, text: str, code: bytes | None = None) -> None:
        """An untagged OK, NO or BYE, in the client's language."""
        self.wire.write(untagged(status, text, code, self.language))

    def name_client(self, name: str) -> None:
        """What the client calls itself (RFC 2971), kept with what it does from now on."""
        self.client_name = name
        if self._login is not None:
            actor = msgspec.structs.replace(self._login.actor, client_name=name)
            self._login = msgspec.structs.replace(self._login, actor=actor)

    @property
    def utf8_names(self) -> bool:
        """Whether folder names travel in UTF-8 (RFC 9051 section 5.1, RFC 6855 section 3), and not in modified UTF-7."""
        return self.utf8 or self.rev2

    @property
    def is_logged_in(self) -> bool:
        return self._login is not None

    @property
    def is_selected(self) -> bool:
        return self._selected is not None

    @property
    def selected(self) -> Selected:
        if self._selected is None:
            raise NothingSelected
        return self._selected

    @property
    def mailbox(self) -> model.MailboxRef:
        if self._login is None:
            raise NotLoggedIn
        return self._login.mailbox

    @property
    def admission(self) -> admission.Admission:
        if self._admission is None:
            raise NotLoggedIn
        return self._admission

    @property
    def actor(self) -> model.Actor:
        if self._login is None:
            raise NotLoggedIn
        return self._login.actor
