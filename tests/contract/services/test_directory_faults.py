"""Everything that can never be right in a request is told at once, by the names that the API has for the fields."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.errors import Invalid
from skrytka.model import RetentionPolicy, Role
from skrytka.services import aliases, mailboxes, retention
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from tests.contract.provisioning import ADMIN


def fields(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.field for fault in refused.value.faults]


async def test_of_a_mailbox(core: Core) -> None:
    change = MailboxChange(
        password="\1" + "x" * 1_024,
        display_name="\n" * 257,
        quota=QuotaChange(storage_octets=-1, messages=2**62 + 1),
    )
    with pytest.raises(Invalid) as refused:
        await mailboxes.put(core, ADMIN, "no address", change)
    assert fields(refused) == [
        "address",
        *["password"] * 2,
        *["display_name"] * 2,
        "quota.storage_octets",
        "quota.messages",
    ]
    assert str(refused.value).startswith("address: has no @; password: has a control character; password: is longer")


async def test_of_a_policy(core: Core) -> None:
    trash = RetentionPolicy("a/b", "trash", 0, domain="a b", mailbox="ann", role=Role.TRASH, folder="/")
    with pytest.raises(Invalid) as refused:
        await retention.put(core, ADMIN, trash)
    assert fields(refused) == ["name", "days", "domain", "mailbox", "mailbox", "role", "folder", "folder"]


async def test_of_an_alias(core: Core) -> None:
    for act in (aliases.put, aliases.delete):
        with pytest.raises(Invalid) as refused:
            await act(core, ADMIN, "ann", "info")
        assert fields(refused) == ["address", "alias"]
