"""What a set means in a folder."""

from __future__ import annotations

from array import array

import pytest

from skrytka_imap.commands import SequenceSet
from skrytka_imap.commands.sequence_set import union

UIDS = array("I", [3, 5, 6, 9])


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (((2, 2),), [range(1, 2)]),
        (((4, 2),), [range(1, 4)]),
        (((3, 0),), [range(2, 4)]),
        (((0, 0), (1, 1)), [range(1), range(3, 4)]),
        (((3, 4), (1, 2), (2, 3)), [range(4)]),
        (((5, 5),), None),
        (((1, 5),), None),
        (((7, 0),), None),
    ],
)
def test_numbers_must_exist(ranges: tuple[tuple[int, int], ...], expected: list[range] | None) -> None:
    assert SequenceSet(ranges).indexes_of_numbers(4) == expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (((0, 0),), []),
        (((1, 0),), []),
        (((0, 5), (1, 0)), []),
        (((1, 1),), None),
        (((1, 0), (1, 1)), None),
    ],
)
def test_an_empty_folder_has_no_numbers(ranges: tuple[tuple[int, int], ...], expected: list[range] | None) -> None:
    """What names "all there are" names nothing; a number is wrong."""
    assert SequenceSet(ranges).indexes_of_numbers(0) == expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (((5, 5),), [range(1, 2)]),
        (((4, 4),), []),
        (((1, 0),), [range(4)]),
        (((6, 4),), [range(1, 3)]),
        (((100, 0),), [range(3, 4)]),
        (((9, 9), (3, 3), (10, 20)), [range(1), range(3, 4)]),
    ],
)
def test_uids_need_not_exist(ranges: tuple[tuple[int, int], ...], expected: list[range]) -> None:
    assert SequenceSet(ranges).indexes_of_uids(UIDS) == expected


def test_an_empty_folder_has_no_uids() -> None:
    assert SequenceSet(((1, 0), (0, 0))).indexes_of_uids(array("I")) == []


def test_a_set_of_nothing_but_what_was_saved_has_no_numbers_of_its_own() -> None:
    saved = SequenceSet((), with_saved=True)
    assert saved.indexes_of_numbers(4) == saved.indexes_of_numbers(0) == saved.indexes_of_uids(UIDS) == []


def test_places_of_two_sets_are_united() -> None:
    assert union([range(1), range(2, 4)], [range(1, 3), range(7, 9)]) == [range(4), range(7, 9)]
    assert union([], []) == union([range(0)], []) == []
