"""Which results PARTIAL names."""

from __future__ import annotations

import pytest

from skrytka_imap.commands import PartialRange


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 3, range(3)),
        (3, 1, range(3)),
        (5, 5, range(4, 5)),
        (4, 500, range(3, 5)),
        (6, 9, []),
        (-1, -1, range(4, 5)),
        (-1, -2, range(3, 5)),
        (-2, -1, range(3, 5)),
        (-4, -500, range(2)),
        (-6, -9, []),
    ],
)
def test_results_of_five(first: int, last: int, expected: range | list[int]) -> None:
    assert list(PartialRange(first, last).of(5)) == list(expected)


def test_nothing_has_no_results() -> None:
    assert not PartialRange(1, 5).of(0)
    assert not PartialRange(-5, -1).of(0)
