"""How values travel to and from PostgreSQL: binary, and with the types that SQLite gives back.

Every int goes as ``int8``: psycopg would pick int2, int4 or int8 by its size and prepare the same statement up to three times
for each parameter. Sums of ``int8`` come back as ``numeric``, which SQLite does not have: they become int.
"""

from __future__ import annotations

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader
from psycopg.types.string import StrBinaryDumper


class _PlainNumericLoader(NumericBinaryLoader):
    """int where the number is whole, else float."""

    def load(self, data: Buffer) -> int | float:  # type: ignore[override]
        number = super().load(data)
        return int(number) if number == number.to_integral_value() else float(number)


def adapters() -> AdaptersMap:
    """psycopg's own adapters with ours on top."""
    ours = AdaptersMap(psycopg.adapters)
    ours.register_dumper(int, Int8BinaryDumper)
    ours.register_dumper(str, StrBinaryDumper)
    ours.register_loader("numeric", _PlainNumericLoader)
    return ours
