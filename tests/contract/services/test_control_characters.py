"""A NUL in any text that comes from outside is refused, or finds nothing: PostgreSQL takes none, SQLite takes all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, Invalid, NotFound
from skrytka.model import Actor, FlagChange, Flags, NewMessage, RetentionPolicy, Role, Uid
from skrytka.services import (
    aliases,
    authentication,
    delivery,
    domains,
    folders,
    keys,
    mailboxes,
    messages,
    retention,
)
from skrytka.services.mailboxes import MailboxChange
from skrytka.services.retention import PolicyChange
from tests.contract.provisioning import ADMIN, make_mailbox

NUL = "a\0b"
ANN = "ann@example.org"
Act = Callable[[Core, Any], Awaitable[object]]

OPERATIONS: dict[str, Act] = {
    "domains.put": lambda core, _: domains.put(core, ADMIN, NUL),
    "domains.get": lambda core, _: domains.get(core, NUL),
    "domains.delete": lambda core, _: domains.delete(core, ADMIN, NUL),
    "mailboxes.put": lambda core, _: mailboxes.put(core, ADMIN, f"{NUL}@example.org", MailboxChange()),
    "mailboxes.put display_name": lambda core, _: mailboxes.put(core, ADMIN, ANN, MailboxChange(display_name=NUL)),
    "mailboxes.put password": lambda core, _: mailboxes.put(core, ADMIN, ANN, MailboxChange(password=NUL)),
    "mailboxes.get": lambda core, _: mailboxes.get(core, f"{NUL}@example.org"),
    "mailboxes.list_page": lambda core, _: mailboxes.list_page(core, NUL, "", 10),
    "mailboxes.delete": lambda core, _: mailboxes.delete(core, ADMIN, f"ann@{NUL}"),
    "aliases.put": lambda core, _: aliases.put(core, ADMIN, ANN, f"{NUL}@example.org"),
    "aliases.delete": lambda core, _: aliases.delete(core, ADMIN, ANN, f"{NUL}@example.org"),
    "keys.create": lambda core, _: keys.create(core, ADMIN, NUL),
    "keys.delete": lambda core, _: keys.delete(core, ADMIN, NUL),
    "keys.verify_key": lambda core, _: keys.verify_key(core, NUL, "192.0.2.1"),
    "retention.put name": lambda core, _: retention.put(core, ADMIN, RetentionPolicy(NUL, "delete", 1)),
    "retention.put folder": lambda core, _: retention.put(core, ADMIN, RetentionPolicy("x", "delete", 1, folder=NUL)),
    "retention.put mailbox": lambda core, _: retention.put(core, ADMIN, RetentionPolicy("x", "delete", 1, mailbox=NUL)),
    "retention.put domain": lambda core, _: retention.put(core, ADMIN, RetentionPolicy("x", "delete", 1, domain=NUL)),
    "retention.change": lambda core, _: retention.change(core, ADMIN, NUL, PolicyChange(action="delete", days=1)),
    "retention.get": lambda core, _: retention.get(core, NUL),
    "retention.delete": lambda core, _: retention.delete(core, ADMIN, NUL),
    "folders.get": lambda core, mailbox: folders.get(core, mailbox, NUL),
    "folders.create": lambda core, mailbox: folders.create(core, ADMIN, mailbox, NUL),
    "folders.rename": lambda core, mailbox: folders.rename(core, ADMIN, mailbox, "Sent", NUL),
    "folders.rename from": lambda core, mailbox: folders.rename(core, ADMIN, mailbox, NUL, "Other"),
    "folders.delete": lambda core, mailbox: folders.delete(core, ADMIN, mailbox, NUL),
    "folders.subscribe": lambda core, mailbox: folders.subscribe(core, ADMIN, mailbox, NUL),
    "authentication.login": lambda core, _: authentication.login(core, Actor("", "imap"), NUL, "password"),
    "authentication.login password": lambda core, _: authentication.login(core, Actor("", "imap"), ANN, NUL),
    "delivery.resolve": lambda core, _: delivery.resolve(core, f"ann+{NUL}@example.org"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_nul_is_refused(core: Core, operation: str) -> None:
    mailbox = await make_mailbox(core, ANN, "a password")
    with pytest.raises((Invalid, NotFound, AuthenticationFailed)):
        await OPERATIONS[operation](core, mailbox.ref)


async def test_a_nul_is_no_keyword(core: Core) -> None:
    mailbox = await make_mailbox(core, ANN)
    inbox = (await folders.get_by_role(core, mailbox.ref, Role.INBOX)).folder_id
    with pytest.raises(Invalid):
        await messages.append(core, ADMIN, mailbox.ref, inbox, [NewMessage(b"a: b\r\n\r\n", Flags.NONE, (NUL,))])
    change = FlagChange("add", Flags.NONE, (NUL,))
    with pytest.raises(Invalid):
        await messages.store_flags(core, ADMIN, mailbox.ref, inbox, [Uid(1)], change)
