"""Coalescing of hints."""

from __future__ import annotations

from skrytka.bus.outbox import MAX_FOLDERS, MAX_MAILBOXES, Outbox
from skrytka.model import FolderId, Hint, MailboxId, ModSeq


def hint(mailbox_id: int, previous: int, modseq: int, *folder_ids: int) -> Hint:
    return Hint(
        MailboxId(mailbox_id), ModSeq(previous), ModSeq(modseq), tuple(FolderId(number) for number in folder_ids)
    )


def test_hints_of_a_mailbox_become_one_that_spans_them() -> None:
    outbox = Outbox()
    assert not outbox
    for each in (hint(1, 4, 5, 7), hint(2, 0, 1, 3), hint(1, 5, 6, 8, 7)):
        outbox.put(each)
    assert outbox
    assert outbox.peek(10) == [hint(1, 4, 6, 7, 8), hint(2, 0, 1, 3)]
    assert outbox.peek(1) == [hint(1, 4, 6, 7, 8)]


def test_what_was_merged_while_it_was_sent_stays() -> None:
    outbox = Outbox()
    outbox.put(hint(1, 0, 1))
    outbox.put(hint(2, 0, 1))
    sent = outbox.peek(10)
    outbox.put(hint(2, 1, 2))
    outbox.drop(sent)
    assert outbox.peek(10) == [hint(2, 0, 2)]
    outbox.drop(outbox.peek(10))
    assert not outbox


def test_very_many_folders_become_any() -> None:
    outbox = Outbox()
    outbox.put(hint(1, 0, 1, *range(MAX_FOLDERS)))
    assert outbox.peek(1)[0].folder_ids == tuple(range(MAX_FOLDERS))
    outbox.put(hint(1, 1, 2, MAX_FOLDERS))
    assert outbox.peek(1) == [hint(1, 0, 2)]


def test_too_many_mailboxes_become_all() -> None:
    outbox = Outbox()
    for number in range(MAX_MAILBOXES + 1):
        outbox.put(hint(number, 0, 1))
    assert outbox.overflowed
    assert outbox.peek(10) == []
    assert outbox.peek(10) == []  # sending failed
    outbox.drop([])
    assert not outbox
    outbox.put(hint(1, 1, 2))
    assert outbox.peek(10) == [hint(1, 1, 2)]


def test_what_came_while_all_were_told_stays() -> None:
    outbox = Outbox()
    for number in range(MAX_MAILBOXES + 1):
        outbox.put(hint(number, 0, 1))
    outbox.put(hint(1, 1, 2))  # told with all
    sent = outbox.peek(10)
    outbox.put(hint(1, 2, 3))
    outbox.drop(sent)
    assert outbox.peek(10) == [hint(1, 2, 3)]


def test_too_many_while_all_are_told_are_told_again() -> None:
    outbox = Outbox()
    for again in range(2):
        for number in range(MAX_MAILBOXES + 1):
            outbox.put(hint(number, 0, 1))
        if not again:
            assert outbox.peek(10) == []
    outbox.drop([])
    assert outbox
    assert outbox.peek(10) == []
    outbox.drop([])
    assert not outbox
