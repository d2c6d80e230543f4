"""What a session is told of a large folder."""

from __future__ import annotations

from array import array

import msgspec
import pytest

from skrytka.model import FolderId, FolderView, MailboxId, MailboxRef, ModSeq, Uid, UidValidity
from skrytka_imap.commands import UidBatches
from skrytka_imap.selected import Selected, ToldBatches, Updates

COUNT = 600
ANN = MailboxRef(MailboxId(1), "shard-0", "ann@example.org")


@pytest.fixture
def view() -> FolderView:
    uids = array("I", range(1, COUNT + 1))
    modseqs = array("Q", [1] * COUNT)
    return FolderView(
        FolderId(1), UidValidity(1), Uid(COUNT + 1), ModSeq(1), uids, array("B", [0] * COUNT), modseqs, {}
    )


def changed(view: FolderView, *places: int) -> FolderView:
    modseqs = view.modseqs[:]
    for place in places:
        modseqs[place] = 2
    return msgspec.structs.replace(view, modseqs=modseqs, highest_modseq=ModSeq(2))


def test_every_change_is_told_wherever_it_is(view: FolderView) -> None:
    places = (0, 255, 256, 511, COUNT - 1)
    selected = Selected("INBOX", view, ANN, read_only=False)
    assert selected.advance(changed(view, *places), may_expunge=True).changed == places


def test_an_own_change_is_not_told_again(view: FolderView) -> None:
    selected = Selected("INBOX", view, ANN, read_only=False)
    selected.note_own_change(257, 2)
    assert selected.advance(changed(view, 256, 257), may_expunge=True) == Updates(uids=(258,), changed=(257,))


def test_changes_beside_an_expunge_are_told_by_their_new_places(view: FolderView) -> None:
    selected = Selected("INBOX", view, ANN, read_only=False)
    after = changed(view, 300)
    for column in (after.modseqs, uids := after.uids[:], flags := after.flags[:]):
        del column[10]
    updates = selected.advance(msgspec.structs.replace(after, uids=uids, flags=flags), may_expunge=True)
    assert updates == Updates(expunged=(11,), vanished=(11,), uids=(301,), changed=(299,))


@pytest.mark.parametrize(
    ("gone", "came", "good"),
    [(0, 0, True), (250, 249, True), (251, 0, False), (0, 250, False), (250, 250, False), (COUNT, 0, False)],
)
def test_batches_are_good_until_half_a_batch_came_or_more_went(
    view: FolderView, gone: int, came: int, good: bool
) -> None:
    told = ToldBatches(UidBatches(500), COUNT, view.uid_next)
    uids = array("I", [*view.uids[gone:], *range(COUNT + 1, COUNT + 1 + came)])
    assert told.are_good(msgspec.structs.replace(view, uids=uids)) is good
