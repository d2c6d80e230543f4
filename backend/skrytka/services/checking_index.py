"""``skrytka check`` of the search index of a mailbox. Whatever is wrong with a segment, it is dropped and made again.

Searches take no harm meanwhile: what has no segment is searched itself.
"""

from __future__ import annotations

import asyncio

from skrytka.core import Core
from skrytka.model import MailboxRef
from skrytka.services.findings import Depth, Finding
from skrytka.services.packing import Damaged
from skrytka.services.segments import BODIES, HEADERS, Pages, is_sound
from skrytka.services.shards import shard_of
from skrytka.store.operations import search_index, text_searching
from skrytka.store.operations.search_index import Extent, Range, Remove
from skrytka.store.operations.text_searching import FilterAsk, TextAsk


async def check_index(core: Core, mailbox: MailboxRef, depth: Depth) -> list[Finding]:
    """Segments that cannot be read, name contents that are gone, or do not name some that are there."""
    shard = shard_of(core, mailbox)
    found: list[Finding] = []
    for extent in await shard.read(search_index.extents, mailbox.mailbox_id):
        wrong = await _wrong(core, mailbox, extent)
        # One that was made again since it was listed, with mail that came meanwhile, is right by its own extent.
        if wrong is not None and extent in await shard.read(search_index.extents, mailbox.mailbox_id):
            if depth.repair:
                await shard.write(search_index.remake, Remove(mailbox.mailbox_id, (extent.first_id,)))
            detail = f"contents {extent.first_id} to {extent.last_id}: {wrong}"
            found.append(Finding("search index", mailbox.address, detail, depth.repair))
        await asyncio.sleep(0)
    return found


async def _wrong(core: Core, mailbox: MailboxRef, extent: Extent) -> str | None:
    """Read twice: a segment that was made again meanwhile is another one."""
    shard = shard_of(core, mailbox)
    asked = TextAsk(mailbox.mailbox_id, (extent.first_id,), headers=True, bodies=True)
    texts = await shard.read(text_searching.texts, asked)
    values = Range(mailbox.mailbox_id, extent.first_id, extent.last_id, extent.contents + 1)
    there = await shard.read(search_index.contents, values)
    if not texts or texts[0] != next(iter(await shard.read(text_searching.texts, asked)), None):
        return None
    filters = await shard.read(text_searching.filters, FilterAsk(mailbox.mailbox_id, (extent.first_id,)))
    if not filters or not is_sound(filters[0].filter):
        return "no filter"
    try:
        headers, bodies = Pages(texts[0].headers, HEADERS), Pages(texts[0].bodies, BODIES)
    except Damaged as damaged:
        return str(damaged)
    if headers.ids != bodies.ids:
        return "headers and bodies are of different contents"
    if sorted((*headers.ids, *texts[0].left_out)) != there:
        return "other contents are there"
    return None
