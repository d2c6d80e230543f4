"""A keyword is an atom of IMAP (RFC 3501 section 9), by whatever way it comes."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.errors import Invalid
from skrytka.model import FlagChange, Flags, Uid
from skrytka.services import messages
from tests.contract.services.conftest import MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append

ATOMS = ("$Work", "a.b-c/d", "<x>", "[y", "~!#&'+,:;=?@^_`|}z")


async def test_atoms_are_kept(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, keywords=ATOMS)
    row = await messages.row(core, mailbox, INBOX, Uid(1))
    assert set(row.keywords) == set(ATOMS)


@pytest.mark.parametrize(
    "name", ["", "a b", "a)b", "(", "{5}", "50%", "a*", 'x"y', "\\Recent", "a]", "é", "a\x7f", "a\n"]
)
async def test_nothing_else_is_taken(core: Core, make_mailbox: MakeMailbox, name: str) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox)
    with pytest.raises(Invalid, match="keyword"):
        await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(1)], FlagChange("add", Flags.NONE, ("ok", name)))
    with pytest.raises(Invalid, match="keyword"):
        await append(core, mailbox, keywords=(name,))
