"""ORDEREDSUBJECT (RFC 5256 section 3)."""

from __future__ import annotations

from skrytka_imap.search.listing import Breathe
from skrytka_imap.sorting import in_order
from skrytka_imap.threads.forest import TOGETHER, Forest
from skrytka_imap.threads.mails import Mails


async def by_subject(mails: Mails, breathe: Breathe) -> Forest:
    """Of all messages with one base subject the first is the parent of the others, which have no children."""
    forest = Forest(mails, list(range(len(mails))))
    threads: dict[bytes, list[int]] = {}
    for start in range(0, len(mails), TOGETHER):
        for mail in range(start, min(start + TOGETHER, len(mails))):
            threads.setdefault(mails.subjects[mail], []).append(mail)
        await breathe()
    for done, thread in enumerate(threads.values(), 1):
        keys: list[tuple[int, ...]] = [(*mails.key(mail), mail) for mail in thread]
        first, *others = [mail for *_, mail in (await in_order(keys, breathe) if len(keys) > 1 else keys)]
        forest.roots.append(first)
        if others:
            forest.children[first] = others
        if not done % TOGETHER:
            await breathe()
    await forest.sort_roots(breathe)
    return forest
