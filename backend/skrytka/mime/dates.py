"""Dates of header fields (RFC 5322 section 3.3 with its obsolete forms)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from skrytka.mime.comments import without_comments
from skrytka.mime.headers import unfold

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_ZONES = {b"edt": -4, b"est": -5, b"cdt": -5, b"cst": -6, b"mdt": -6, b"mst": -7, b"pdt": -7, b"pst": -8}

# date-time = [ day-of-week "," ] day month year hour ":" minute [ ":" second ] zone; the time may be missing here.
_DATE = re.compile(
    rb"(?:[a-z]+\.?,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s-]+(\d{2,4})"
    rb"(?:,?\s+(\d{1,2})\s*[:.]\s*(\d{2})(?:\s*[:.]\s*(\d{2}))?(?:\s*([+-]\d{4}|[a-z]{1,5}))?)?",
    re.IGNORECASE,
)
# The form of C's asctime, which some senders use: "Mon Jan  2 15:04:05 2006".
_ASCTIME = re.compile(
    rb"[a-z]{3},?\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:[a-z]{3,5}\s+)?(\d{4})", re.IGNORECASE
)


def sent_date(raw: bytes | None) -> datetime | None:
    """The date as written, in the zone written (UTC if none is understood); None for what is no date.

    A time that there is not counts as midnight (RFC 5256 section 2.2).

    IMAP's SENTBEFORE, SENTON and SENTSINCE disregard time and zone: they compare ``sent_date(...).date()``.
    """
    if raw is None:
        return None
    value = without_comments(unfold(raw[:1_000]).replace(b"(", b" (")).strip()  # here no name has one in it
    match = _DATE.match(value)
    if match:
        day, month, year, hour, minute, second, zone = match.groups()
        return _build(year, month, day, (hour, minute, second), zone)
    match = _ASCTIME.match(value)
    if match:
        month, day, hour, minute, second, year = match.groups()
        return _build(year, month, day, (hour, minute, second), None)
    return None


def _build(
    year: bytes, month: bytes, day: bytes, time: tuple[bytes | None, ...], zone: bytes | None
) -> datetime | None:
    number = _MONTHS.get(month.lower())
    hour, minute, second = (int(part or 0) for part in time)
    if number is None:
        return None
    if hour > 23 or minute > 59:
        hour = minute = second = 0
    try:
        return datetime(_full_year(year), number, int(day), hour, minute, min(second, 59), tzinfo=_zone(zone))
    except ValueError:
        return None


def _full_year(year: bytes) -> int:
    """RFC 5322 section 4.3: 00-49 are 2000-2049, 50-999 count from 1900."""
    number = int(year)
    if len(year) == 2 and number < 50:
        return number + 2000
    return number + 1900 if len(year) < 4 else number


def _zone(zone: bytes | None) -> timezone:
    """A numeric zone or one of RFC 5322 section 4.3; every other name means UTC there too."""
    if zone is None:
        return UTC
    if zone[:1] in b"+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        if offset >= timedelta(hours=24):
            return UTC
        return timezone(-offset if zone.startswith(b"-") else offset)
    return timezone(timedelta(hours=_ZONES.get(zone.lower(), 0)))
