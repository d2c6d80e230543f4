"""SASLprep (RFC 4013): the profile of stringprep (RFC 3454) that SCRAM prepares passwords with, over Unicode 3.2 as it says."""

from __future__ import annotations

import stringprep
from unicodedata import ucd_3_2_0

_PROHIBITED = (
    stringprep.in_table_a1,
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)
"""Sections 2.3 and, for what is stored, 2.5 (table A.1: what Unicode 3.2 does not know)."""


def saslprep(text: str) -> str | None:
    """The prepared string; None where there is none, for what is prohibited, or empty."""
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in text
        if not stringprep.in_table_b1(character)
    )
    prepared = ucd_3_2_0.normalize("NFKC", mapped)
    prohibited = any(table(character) for character in prepared for table in _PROHIBITED)
    return prepared if prepared and not prohibited and _has_one_direction(prepared) else None


def _has_one_direction(prepared: str) -> bool:
    """RFC 3454 section 6: text from right to left has none from left to right in it, and begins and ends so."""
    if not any(map(stringprep.in_table_d1, prepared)):
        return True
    ends = stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])
    return ends and not any(map(stringprep.in_table_d2, prepared))
