"""The state of one session (RFC 3501 section 3) and what its handlers share."""

from __future__ import annotations

import enum

import msgspec

from skrytka.plugin_api import Core, admission, model
from skrytka_imap.languages import I_DEFAULT
from skrytka_imap.replies import untagged
from skrytka_imap.selected import Selected
from skrytka_imap.settings import Settings
from skrytka_imap.wire import Wire


class State(enum.Flag):
    """RFC 3501 section 3; a Flag, so that the table can give a command several."""

    NOT_AUTHENTICATED = enum.auto()
    AUTHENTICATED = enum.auto()
    SELECTED = enum.auto()


ANY_STATE = State.NOT_AUTHENTICATED | State.AUTHENTICATED | State.SELECTED
LOGGED_IN = State.AUTHENTICATED | State.SELECTED


class NotLoggedIn(Exception):
    """A handler wanted the login of a session that has none: the table allowed its command in a wrong state."""


class NothingSelected(Exception):
    """A handler wanted the selected folder of a session that has none: the table allowed its command in a wrong state."""


class Session:
    """One client's session. All transitions between states are the four methods below."""

    def __init__(self, core: Core, settings: Settings, wire: Wire) -> None:
        self.core = core
        self.settings = settings
        self.wire = wire
        self.condstore = False
        self.qresync = False
        self.utf8 = False
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
        if self.idling:
            self.wire.wake()

    async def unauthenticate(self) -> None:
        """Back to not authenticated: all is forgotten but the logins that failed, which are the connection's."""
        await self.end()
        self._admission = self._login = self._selected = None
        self.condstore = self.qresync = self.utf8 = self.inverts_texts = False
        self.client_name = ""
        self.language = I_DEFAULT

    async def end(self) -> None:
        """However the conversation ended."""
        if self._admission is not None:
            await self._admission.close()

    def select(self, selected: Selected) -> None:
        """From authenticated to selected."""
        self._selected = selected

    def unselect(self) -> None:
        """From selected to authenticated; nothing happens when nothing is selected."""
        self._selected = None

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
