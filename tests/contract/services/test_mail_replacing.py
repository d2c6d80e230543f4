"""Replacing a message: both or none, with the counters, the log and the quota right."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.errors import NotFound, OverQuota
from skrytka.model import Flags, FolderId, NewMessage, Quota, Role, Uid
from skrytka.services import folders, messages, replacing
from tests.contract.services.conftest import MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, expunged_since, role_id, uids

NEW = NewMessage(b"Subject: new\r\n\r\n" + b"x" * 100, Flags.DRAFT)
SMALL = NewMessage(b"Subject: small")


async def test_the_new_one_is_there_and_the_old_one_in_the_log(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2, flags=Flags.DELETED)
    before = (await folders.get(core, mailbox, "INBOX")).highest_modseq
    done = await replacing.replace(core, ACTOR, mailbox, INBOX, Uid(1), INBOX, NEW)
    assert done.modseq == before + 1, "one change for whoever asks since when"
    assert await uids(core, mailbox) == [2, 3]
    assert await expunged_since(core, mailbox, INBOX, before) == (0, [1])
    drafts = await role_id(core, mailbox, Role.DRAFTS)
    done = await replacing.replace(core, ACTOR, mailbox, INBOX, Uid(3), drafts, NEW)
    assert (done.folder_id, done.uids) == (drafts, (1,))
    assert (await messages.row(core, mailbox, drafts, Uid(1))).flags is Flags.DRAFT
    await assert_counted(core, mailbox)


async def test_what_fails_changes_nothing(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox(Quota(storage_octets=100))
    await append(core, mailbox, 1)
    before = (await folders.get(core, mailbox, "INBOX")).highest_modseq
    with pytest.raises(OverQuota):
        await replacing.replace(core, ACTOR, mailbox, INBOX, Uid(1), INBOX, NEW)
    with pytest.raises(NotFound, match="folder"):
        await replacing.replace(core, ACTOR, mailbox, INBOX, Uid(1), FolderId(44), SMALL)
    with pytest.raises(NotFound, match="message"):
        await replacing.replace(core, ACTOR, mailbox, INBOX, Uid(7), INBOX, SMALL)
    assert await uids(core, mailbox) == [1]
    assert await messages.changed_since(core, mailbox, INBOX, before) == []
    assert await expunged_since(core, mailbox, INBOX, before) == (0, [])
    await assert_counted(core, mailbox)
