"""Dates."""

from __future__ import annotations

import datetime
import re

from skrytka_imap.grammar.cursor import Cursor

MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), start=1
    )
}
DATE = re.compile(rb"(\"?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1")
DATE_TIME = re.compile(
    rb"\"([ 0-9]?[0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})\""
)


def date(cursor: Cursor) -> datetime.date:
    """RFC 3501 section 9.

    date      = date-text / DQUOTE date-text DQUOTE
    date-text = date-day "-" date-month "-" date-year
    """
    match = cursor.take(DATE)
    if match is None:
        raise cursor.fault("Expected a date like 1-Feb-1994")
    try:
        return datetime.date(int(match[4]), MONTHS[match[3].lower()], int(match[2]))
    except (KeyError, ValueError):
        raise cursor.fault("There is no such date") from None


def date_time(cursor: Cursor) -> int:
    """RFC 3501 section 9, as Unix time. A leap second counts as the one before it.

    date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
    time      = 2DIGIT ":" 2DIGIT ":" 2DIGIT
    zone      = ("+" / "-") 4DIGIT
    """
    match = cursor.take(DATE_TIME)
    if match is None:
        raise cursor.fault('Expected a date and time like "17-Jul-1996 02:44:25 -0700"')
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    zone_s = int(zone_hours) * 3600 + int(zone_minutes) * 60
    try:
        zone = datetime.timezone(datetime.timedelta(seconds=-zone_s if sign == b"-" else zone_s))
        moment = datetime.datetime(
            int(year), MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone
        ).astimezone(datetime.UTC)
    except (KeyError, ValueError, OverflowError):
        raise cursor.fault("There is no such date and time") from None
    return int(moment.timestamp())
