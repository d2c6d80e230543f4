"""A folder whose mails are searched by the index, and by reading them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial

from skrytka.core import Core
from skrytka.model import FolderId, MailboxRef, NewMessage, Uid
from skrytka.plugin_api import text_search
from skrytka.services import collecting, contents, indexing, messages
from skrytka.store.operations import search_index
from skrytka.store.operations.search_index import Extent
from skrytka_imap.commands import Search
from skrytka_imap.commands.search import SearchKey
from skrytka_imap.search import Listing, compiled
from skrytka_imap.search.matcher import Find
from tests import front_ends
from tests.searches import never_suspends

LEASE = 1


class Mails:
    """All that came into the folder, whether or not it is still there."""

    def __init__(self, core: Core, mailbox: MailboxRef, folder_id: FolderId) -> None:
        self.core = core
        self.mailbox = mailbox
        self.folder_id = folder_id
        self.uids: list[int] = []
        self.read = 0

    async def append(self, mails: Sequence[bytes]) -> None:
        new = [NewMessage(octets) for octets in mails]
        done = await messages.append(self.core, front_ends.ACTOR, self.mailbox, self.folder_id, new)
        self.uids += done.uids

    async def expunge(self, uids: Sequence[int]) -> None:
        gone = [Uid(uid) for uid in uids]
        await messages.expunge(self.core, front_ends.ACTOR, self.mailbox, self.folder_id, gone, deleted_only=False)

    async def collect(self) -> None:
        await collecting.collect_expired(self.core, self.mailbox.shard, int(self.core.now()) + 1)

    async def found(self, wanted: SearchKey, find: Find | None) -> list[int]:
        """By UID; those that are gone for good are left out. ``read`` counts the mails that were read for it."""
        listing = Listing(self.uids, array("B", bytes(len(self.uids))), [1] * len(self.uids), {})
        matcher = await compiled(Search(wanted, "UTF-8"), listing, never_suspends, find)
        rows = {
            row.uid: row
            for row in await messages.rows(self.core, self.mailbox, self.folder_id, [Uid(uid) for uid in self.uids])
        }
        found = [self.uids[place] for place in matcher.found]
        for place in matcher.undecided:
            row = rows.get(Uid(self.uids[place]))
            if row is not None:
                self.read += 1
                octets = await contents.octets(self.core, self.mailbox, row.content_id)
                found += [row.uid] if matcher.decide(place, row, octets=octets) else []
        return sorted(uid for uid in found if uid in rows)

    async def by_index(self, wanted: SearchKey) -> list[int]:
        return await self.found(wanted, partial(text_search.find, self.core, self.mailbox, self.folder_id))

    async def index(self, lease: int = LEASE) -> None:
        await indexing.index_all(self.core, lease)

    async def extents(self) -> list[Extent]:
        return await self.core.shards[self.mailbox.shard].read(search_index.extents, self.mailbox.mailbox_id)
