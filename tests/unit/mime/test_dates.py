"""The Date field in the forms that occur."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from skrytka import mime


def zone(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Mon, 1 Jun 2026 10:20:30 +0200", datetime(2026, 6, 1, 10, 20, 30, tzinfo=zone(2))),
        (b"1 Jun 2026 23:59 -0330", datetime(2026, 6, 1, 23, 59, tzinfo=zone(-3.5))),
        (b"Mon, 1 (first) Jun\r\n 2026 10:20:30 GMT (UTC)", datetime(2026, 6, 1, 10, 20, 30, tzinfo=UTC)),
        (b"Mon, 01 June 2026 10:20:60 EST", datetime(2026, 6, 1, 10, 20, 59, tzinfo=zone(-5))),
        (b"1 Jun 49 1:02:03 Z", datetime(2049, 6, 1, 1, 2, 3, tzinfo=UTC)),
        (b"1 Jun 2026 10(ten):   20  :  30 -0600", datetime(2026, 6, 1, 10, 20, 30, tzinfo=zone(-6))),
        (b"1 Jun 97", datetime(1997, 6, 1, tzinfo=UTC)),
        (b"1 Jun 102", datetime(2002, 6, 1, tzinfo=UTC)),
        (b"1-Jun-2026", datetime(2026, 6, 1, tzinfo=UTC)),
        (b"Mon Jun  1 10:20:30 2026", datetime(2026, 6, 1, 10, 20, 30, tzinfo=UTC)),
        (b"Mon Jun 1 10:20:30 CEST 2026", datetime(2026, 6, 1, 10, 20, 30, tzinfo=UTC)),
        (b"Mon, 1 Jun 2026 10:20:30 +9999", datetime(2026, 6, 1, 10, 20, 30, tzinfo=UTC)),
        (b"31 Feb 2026 00:00:00 +0000", None),
        (b"1 Foo 2026 00:00:00 +0000", None),
        (b"Mon, 1 Jun 2026 25:00:01 +0200", datetime(2026, 6, 1, tzinfo=zone(2))),
        (b"Mon, 1 Jun 2026 10:60 +0000", datetime(2026, 6, 1, tzinfo=UTC)),
        (b"1 Jun 0000", None),
        (b"yesterday", None),
        (b"", None),
        (None, None),
        (b"\xff\x00" * 1_000, None),
    ],
)
def test_sent_date(raw: bytes | None, expected: Any) -> None:
    assert mime.sent_date(raw) == expected
    if expected is not None:
        found = mime.sent_date(raw)
        assert found is not None
        assert found.utcoffset() == expected.utcoffset()
