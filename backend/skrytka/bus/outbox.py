"""What waits to be sent: one coalesced hint per mailbox, bounded, so that a slow receiver costs no memory and no news."""

from __future__ import annotations

from skrytka.model import Hint, MailboxId, ModSeq

MAX_MAILBOXES = 10_000
MAX_FOLDERS = 16


class Outbox:
    """Coalesces hints. Beyond ``MAX_MAILBOXES`` it forgets them all and remembers that everything may have changed."""

    def __init__(self) -> None:
        self._hints: dict[MailboxId, Hint] = {}
        self.overflowed = False
        # What is being sent says that everything may have changed; hints put since then are not in it.
        self._telling_all = False

    def __bool__(self) -> bool:
        return self.overflowed or self._telling_all or bool(self._hints)

    def put(self, hint: Hint) -> None:
        if self.overflowed:
            return
        waiting = self._hints.get(hint.mailbox_id)
        self._hints[hint.mailbox_id] = shorten(hint) if waiting is None else merge(waiting, hint)
        if len(self._hints) > MAX_MAILBOXES:
            self._hints.clear()
            self.overflowed = True

    def peek(self, limit: int) -> list[Hint]:
        """The first hints, which stay until ``drop``. Empty after an overflow, until that was dropped."""
        if self.overflowed:
            self.overflowed, self._telling_all = False, True
        if self._telling_all:
            return []
        return [hint for hint, _ in zip(self._hints.values(), range(limit), strict=False)]

    def drop(self, hints: list[Hint]) -> None:
        """Forget what was sent; a hint that was merged with a newer one meanwhile stays. No hints: the overflow was sent."""
        if not hints:
            self._telling_all = False
        for hint in hints:
            if self._hints.get(hint.mailbox_id) is hint:
                del self._hints[hint.mailbox_id]


def merge(first: Hint, second: Hint) -> Hint:
    """One hint that says what both say."""
    return shorten(
        Hint(
            first.mailbox_id,
            ModSeq(min(first.previous, second.previous)),
            ModSeq(max(first.modseq, second.modseq)),
            tuple(dict.fromkeys(first.folder_ids + second.folder_ids)),
        )
    )


def shorten(hint: Hint) -> Hint:
    """No folders instead of very many: the receiver then takes it that any may have changed."""
    if len(hint.folder_ids) <= MAX_FOLDERS:
        return hint
    return Hint(hint.mailbox_id, hint.previous, hint.modseq, ())
