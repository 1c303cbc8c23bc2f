"""Local times in a server's time zone: conversion to UTC, weekly times, and quiet hours.

A local time happens once on each local date, also when daylight saving time begins or ends. A time
that the clock skips happens right after the jump (or, if the date has changed by then, in the
minute before the jump). A time that the clock repeats happens the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.core.text.translate import gettext as _
from bot.errors import UserError

__all__ = ["QuietHours", "WeeklyTime", "find_zone", "get_quiet_end", "local_to_utc"]

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
#: Names in the zone database that stand for no zone or for the machine's own setting.
_NO_ZONES = frozenset(("Factory", "localtime"))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one local time to another, over midnight if ``end`` isn't the later one.

    If both are the same, there are no quiet hours.
    """

    start: time
    end: time

    def contains(self, local: time) -> bool:
        """Whether a local time is within the quiet hours."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A local time of each week or each day. ``weekday``: 0 is Monday, None is every day."""

    weekday: int | None
    at: time

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first such time after ``moment``, in UTC; there is one on each matching date."""
        today = moment.astimezone(zone).date()
        for ahead in range(-1, 16):  # two weeks: a zone may skip a whole date
            on = today + timedelta(days=ahead)
            if self.weekday is not None and on.weekday() != self.weekday:
                continue
            found = local_to_utc(on, self.at, zone)
            if found > moment:
                return found
        raise AssertionError("no such weekday in two weeks")


def find_zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name, in any case; UserError if there is none.

    Other files in the zone database, such as the machine's own setting, don't count.
    """
    asked = name.strip().replace(" ", "_").casefold()
    for known in available_timezones() - _NO_ZONES:
        if known.casefold() == asked:
            return ZoneInfo(known)
    raise UserError(
        _(
            "I don't know the time zone “{zone}”. Use an IANA name such as Europe/Berlin or UTC.",
            zone=name[:60],
        )
    )


def local_to_utc(on: date, at: time, zone: ZoneInfo) -> datetime:
    """The one moment, in UTC, at which a local time happens on a local date.

    For a date that the zone skips entirely, the moment of the jump.
    """
    wall = datetime.combine(on, at)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    jump = _find_jump(wall, zone)
    if jump.astimezone(zone).date() != on and (jump - _MINUTE).astimezone(zone).date() == on:
        return jump - _MINUTE
    return jump


def _find_jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, of the jump in which the clock skips the local time ``wall``."""
    # In a gap, the offset before it gives a moment after the jump, and the offset after it a
    # moment before (PEP 495). The jump is between the two.
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle in (before, after):
            break
        if middle.astimezone(zone).replace(tzinfo=None) > wall:
            after = middle
        else:
            before = middle
    return after


def get_quiet_end(moment: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that contain ``moment`` end, in UTC; None if it isn't in any.

    The local clock decides: quiet time that the clock repeats is quiet a second time.
    """
    if quiet is None:
        return None
    local = moment.astimezone(zone)
    if not quiet.contains(local.time()):
        return None
    candidates = set()
    for ahead in range(3):
        wall = datetime.combine(local.date() + ahead * _DAY, quiet.end)
        for fold in (0, 1):
            found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            skipped = found.astimezone(zone).replace(tzinfo=None) != wall
            candidates.add(_find_jump(wall, zone) if skipped else found)
    candidates |= _find_offset_changes(moment, zone)
    ends = [
        found
        for found in candidates
        if found > moment and not quiet.contains(found.astimezone(zone).time())
    ]
    return min(ends)


def _find_offset_changes(moment: datetime, zone: ZoneInfo) -> set[datetime]:
    """Changes of the zone's offset within two days: a jump may end the quiet hours, too."""
    found = set()
    before = moment.astimezone(UTC)
    for _hour in range(48):
        after = before + timedelta(hours=1)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.add(_bisect_offset_change(before, after, zone))
        before = after
    return found


def _bisect_offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second in which the zone's offset changes between two moments."""
    was = before.astimezone(zone).utcoffset()
    # Offsets change at whole seconds; with fractions, halving would never end.
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after
