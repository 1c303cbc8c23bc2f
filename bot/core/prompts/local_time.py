"""Wall-clock times in a server's zone: when a local time comes, and when quiet hours end.

A local time happens once on each local date, also where the clock is moved: one that the clock
skips comes when the clock has jumped (or, where that is another date already, in the minute before
the jump), and one that it repeats comes the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import UserError

__all__ = ["QuietHours", "WeeklyTime", "find_zone", "get_quiet_end", "local_to_utc"]

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
#: What a machine without a zone or the machine's own setting is called.
_NO_ZONES = frozenset(("Factory", "localtime"))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one local time up to another, over midnight where the second is not the later.

    Both the same: there are none.
    """

    start: time
    end: time

    def contains(self, local: time) -> bool:
        """Whether the wall clock shows a quiet time."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A local time of every week, or of every day. ``weekday``: 0 is Monday, None every day."""

    weekday: int | None
    at: time

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first such moment later than ``moment``, in UTC; one comes on each fitting date."""
        today = moment.astimezone(zone).date()
        for ahead in range(-1, 16):  # two weeks: a zone may leave a whole date out
            on = today + timedelta(days=ahead)
            if self.weekday is not None and on.weekday() != self.weekday:
                continue
            found = local_to_utc(on, self.at, zone)
            if found > moment:
                return found
        raise AssertionError("no such weekday in two weeks")


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, in any case; UserError where there is none of the name.

    Files that lie beside the zones, such as this machine's own time, are none.
    """
    asked = name.strip().replace(" ", "_").casefold()
    for known in available_timezones() - _NO_ZONES:
        if known.casefold() == asked:
            return ZoneInfo(known)
    raise UserError(
        f"“{name[:60]}” is no time zone I know: use an IANA name such as Europe/Berlin or UTC."
    )


def local_to_utc(on: date, at: time, zone: ZoneInfo) -> datetime:
    """The one moment, in UTC, at which a local time happens on a local date.

    For a date that the zone leaves out altogether, the moment of the jump.
    """
    wall = datetime.combine(on, at)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    jump = _jump_over(wall, zone)
    if jump.astimezone(zone).date() != on and (jump - _MINUTE).astimezone(zone).date() == on:
        return jump - _MINUTE
    return jump


def _jump_over(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which the clock shows more than ``wall``, which it skips."""
    # In a gap the offset before it maps to a moment after the jump, and the one after it to a
    # moment before (PEP 495); between the two lies the jump.
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
    """When the quiet hours that ``moment`` falls in are over, in UTC; None where it is not quiet.

    The wall clock decides: what it repeats may be quiet a second time, and then that is waited
    for too.
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
            candidates.add(_jump_over(wall, zone) if skipped else found)
    candidates |= _folds(moment, zone)
    fitting = [
        found
        for found in candidates
        if found > moment and not quiet.contains(found.astimezone(zone).time())
    ]
    return min(fitting)


def _folds(moment: datetime, zone: ZoneInfo) -> set[datetime]:
    """Where the clock is moved within the next two days: a jump may end the quiet hours too."""
    found = set()
    before = moment.astimezone(UTC)
    for _ in range(48):
        after = before + timedelta(hours=1)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.add(_change(before, after, zone))
        before = after
    return found


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second in which the zone's offset changes between two moments."""
    was = before.astimezone(zone).utcoffset()
    # Offsets change at whole seconds; with fractions, halving would come to no end.
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after
