"""Times as people write them: "Thursday 18:00", "in 3 days", "1 April at noon"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import dateparser

from bot.discussion.hours import QuietHours, local_moment
from bot.discussion.plans import read_clock, read_wait, read_weekly
from bot.errors import Refused

__all__ = ["Meant", "read_moment", "read_quiet_hours"]

_MOST_AHEAD = timedelta(days=2 * 366)
_LONGEST = 100
#: A date without an hour means noon, not the middle of the night.
_NOON = time(12)
_MIDNIGHT = re.compile(r"midnight|\b0?0[:.]00\b|\b12(?:[:.]00)?\s*am\b", re.IGNORECASE)
#: 1.4.2026 is the first of April wherever dates are written with dots.
_DOTTED = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{2,4})?\b")


@dataclass(frozen=True, slots=True)
class Meant:
    """A moment that somebody wrote. ``local``: the wall-clock time, where one was meant."""

    at: datetime
    local: datetime | None


def read_moment(text: str, now: datetime, zone: ZoneInfo) -> Meant:
    """The coming moment that ``text`` names, in English, in the zone; Refused for any other.

    A wait ("in 90 minutes") is exact; everything else is a time on the wall, which happens once
    on its date however the clock is moved.
    """
    asked = " ".join(text.split())
    if not asked or len(asked) > _LONGEST:
        raise _not_understood(asked)
    wait = read_wait(asked)
    if wait is not None:
        return Meant(now + wait, None)
    weekly = read_weekly(asked)
    if weekly is not None:
        moment = weekly.after(now, zone)
        on = moment.astimezone(zone).date()
        return Meant(moment, datetime.combine(on, weekly.at))
    wall = _wall(asked, now.astimezone(zone).replace(tzinfo=None))
    moment = local_moment(wall.date(), wall.time(), zone)
    if moment <= now:
        raise Refused(f"“{asked}” lies in the past (<t:{int(moment.timestamp())}:f>).")
    if moment - now > _MOST_AHEAD:
        raise Refused(f"“{asked}” is more than two years ahead.")
    return Meant(moment, wall)


def _wall(asked: str, here: datetime) -> datetime:
    if asked.isdigit():
        raise _not_understood(asked)
    found = dateparser.parse(
        asked,
        languages=["en"],
        settings={
            "RELATIVE_BASE": here,
            "PREFER_DATES_FROM": "future",
            "RETURN_AS_TIMEZONE_AWARE": False,
            "DATE_ORDER": "DMY" if _DOTTED.search(asked) else "MDY",
        },
    )
    if found is None:
        raise _not_understood(asked)
    wall: datetime = found.replace(tzinfo=None, microsecond=0)
    if wall.time() == time(0) and not _MIDNIGHT.search(asked):
        return datetime.combine(wall.date(), _NOON)
    return wall


def _not_understood(asked: str) -> Refused:
    return Refused(
        f"“{asked[:_LONGEST]}” is no time I understand: write for instance “Thursday 18:00”, "
        "“in 3 days” or “2027-01-31 09:30”."
    )


def read_quiet_hours(text: str) -> QuietHours | None:
    """``22:00-08:00`` or ``10 pm to 8 am``; None for ``none``; Refused for anything else."""
    asked = " ".join(text.lower().split())
    if asked in ("none", "off", "no"):
        return None
    start, _, until = re.sub(r"\s*(?:-|–|—|to|until)\s*", "\x00", asked, count=1).partition("\x00")
    first, last = read_clock(start), read_clock(until)
    if first is None or last is None:
        raise Refused(f"“{asked[:50]}” are no hours: write for instance “22:00-08:00”, or “none”.")
    if first == last:
        raise Refused("Quiet hours begin and end at different times; for none write “none”.")
    return QuietHours(first, last)
