"""``?`` becomes ``$1`` only where it is a placeholder."""

from __future__ import annotations

import pytest

from skrytka.store.engines.placeholders import numbered


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", b"SELECT 1"),
        ("a = ? AND b IN (?, ?)", b"a = $1 AND b IN ($2, $3)"),
        ("a = '?' AND b = ?", b"a = '?' AND b = $1"),
        ("a = 'it''s ?' AND b = ?", b"a = 'it''s ?' AND b = $1"),
        ('"odd?" = ? AND "a""?" = ?', b'"odd?" = $1 AND "a""?" = $2'),
        ("a = ? -- why?\nAND b = ?", b"a = $1 -- why?\nAND b = $2"),
        ("a = ? /* what?\n */ AND b = ?", b"a = $1 /* what?\n */ AND b = $2"),
        ("a LIKE '%x' AND b = ?", b"a LIKE '%x' AND b = $1"),
        ("a = 'é?' AND b = ?", "a = 'é?' AND b = $1".encode()),
    ],
)
def test_numbered(sql: str, expected: bytes) -> None:
    assert numbered(sql) == expected
