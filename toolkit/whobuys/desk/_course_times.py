"""Times as a course file writes them: in the course's time zone, with days of the clock."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")
SPAN = re.compile(r"\+?\s*(\d{1,5})\s*(minute|hour|day)s?")


class Span(NamedTuple):
    """A length of time. Days keep the time of the clock, also where one has 23 or 25 hours."""

    days: int = 0
    minutes: int = 0


def read_time(text: str) -> dt.datetime:
    """Read a time such as "2026-11-20 18:00", with or without an offset.

    Raises
    ------
    ValueError
        If it is none; the message is the mend.
    """
    try:
        if TIME.fullmatch(text.strip()):
            time = dt.datetime.fromisoformat(text.strip())
            if 2000 <= time.year < 2200:
                return time
    except ValueError:
        pass
    raise ValueError(f"{text!r} is no time; write day and hour like 2026-11-20 18:00")


def read_span(text: str) -> Span:
    """Read a length of time such as "15 minutes", "36 hours" or "+2 days".

    Raises
    ------
    ValueError
        If it is none; the message is the mend.

    Examples
    --------
    >>> read_span("+2 days"), read_span("36 hours")
    (Span(days=2, minutes=0), Span(days=0, minutes=2160))
    """
    found = SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no length of time; write 15 minutes, 36 hours or 2 days")
    number = int(found[1])
    if found[2] == "day":
        return Span(days=number)
    return Span(minutes=number * (60 if found[2] == "hour" else 1))


def moment(time: dt.datetime, zone: ZoneInfo, later: bool = True) -> dt.datetime:
    """Return a time of the clock as a moment in UTC.

    Parameters
    ----------
    time : datetime
        With an offset it is exact; without one it is read in the zone.
    zone : ZoneInfo
        The time zone.
    later : bool
        Which of two to take for an hour that a zone has twice or not at all: the later moment
        (for the end of a term), or the earlier one (for what came in).

    Returns
    -------
    datetime
        In UTC.

    Notes
    -----
    The two readings of a time are those of PEP 495 (Belopolsky & Peters, 2015).

    Examples
    --------
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> f"{moment(dt.datetime(2026, 10, 25, 2, 30), berlin):%H:%M}"
    '01:30'
    >>> f"{moment(dt.datetime(2026, 10, 25, 2, 30), berlin, later=False):%H:%M}"
    '00:30'
    """
    if time.tzinfo is not None:
        return time.astimezone(dt.UTC)
    readings = [time.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1)]
    return max(readings) if later else min(readings)


def is_odd(time: dt.datetime, zone: ZoneInfo) -> bool:
    """Tell whether the zone's clocks show this time twice, or never."""
    return moment(time, zone) != moment(time, zone, later=False)


def after(time: dt.datetime, span: Span, zone: ZoneInfo) -> dt.datetime:
    """Return the moment a length of time after another.

    Examples
    --------
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> saturday = moment(dt.datetime(2026, 10, 24, 18), berlin)
    >>> after(saturday, Span(days=1), berlin) - saturday
    datetime.timedelta(days=1, seconds=3600)
    """
    if span.days:
        clock = time.astimezone(zone).replace(tzinfo=None) + dt.timedelta(days=span.days)
        time = moment(clock, zone)
    return time + dt.timedelta(minutes=span.minutes)


def days_begun(due: dt.datetime, came: dt.datetime, zone: ZoneInfo) -> int:
    """Count the days begun after a due time; each ends at the due time of the clock.

    Examples
    --------
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> due = moment(dt.datetime(2026, 10, 24, 18), berlin)
    >>> days_begun(due, moment(dt.datetime(2026, 10, 25, 18), berlin), berlin)
    1
    """
    if came <= due:
        return 0
    days = max(1, (came - due).days - 1)
    while after(due, Span(days=days), zone) < came:
        days += 1
    return days
