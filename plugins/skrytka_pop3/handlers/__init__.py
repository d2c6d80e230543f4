"""One async function per command, named in ``HANDLERS``. The states table has allowed the command before it is
called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from skrytka_pop3 import commands
from skrytka_pop3.handlers import anytime, authorization, transaction
from skrytka_pop3.replies import Reply
from skrytka_pop3.session import Session

Handler = Callable[[Session, Any], Awaitable[Reply]]

HANDLERS: dict[type[commands.Command], Handler] = {
    commands.Capa: anytime.capa,
    commands.Lang: anytime.lang,
    commands.Quit: anytime.quit_,
    commands.Utf8: authorization.utf8,
    commands.Stls: authorization.stls,
    commands.User: authorization.user,
    commands.Pass: authorization.pass_,
    commands.Auth: authorization.auth,
    commands.AuthResponse: authorization.auth_response,
    commands.AuthCancel: authorization.auth_cancel,
    commands.Stat: transaction.stat,
    commands.List: transaction.list_,
    commands.Retr: transaction.retr,
    commands.Dele: transaction.dele,
    commands.Noop: transaction.noop,
    commands.Rset: transaction.rset,
    commands.Top: transaction.top,
    commands.Uidl: transaction.uidl,
}
